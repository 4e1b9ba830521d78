"""Time and identifiers."""

from datetime import datetime
from typing import Protocol

__all__ = ["Clock", "Ids"]


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The time, aware, in UTC; never goes back within a process."""
        ...


class Ids(Protocol):
    """Makes identifiers, and what nobody can guess."""

    def new(self, prefix: str) -> str:
        """A fresh id ``<prefix>_<26 characters 0-9a-z>``; later ids of a prefix sort after earlier ones."""
        ...

    def random(self, count: int) -> bytes:
        """So many unpredictable bytes."""
        ...
