"""Identifiers that sort by the time they were made."""

import secrets
from threading import Lock

from ulid import ULID

from sophia.ports.system import Ids

__all__ = ["UlidIds"]


class UlidIds(Ids):
    """ULIDs (https://github.com/ulid/spec) in lower case; within a process each is greater than the one before."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last = 0

    def new(self, prefix: str) -> str:
        """See `Ids`."""
        with self._lock:
            # Several in one millisecond, or a clock set back: count on from the last one.
            self._last = max(int(ULID()), self._last + 1)
            ulid = ULID.from_int(self._last)
        return f"{prefix}_{str(ulid).lower()}"

    def random(self, count: int) -> bytes:
        """See `Ids`; from the operating system."""
        return secrets.token_bytes(count)
