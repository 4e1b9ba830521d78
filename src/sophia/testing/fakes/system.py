"""Time and identifiers that a test decides on."""

import hashlib
from datetime import UTC, datetime, timedelta
from itertools import count

from sophia.ports.system import Clock, Ids

__all__ = ["FrozenClock", "SequentialIds"]


class FrozenClock(Clock):
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        """Move to a time; never back.

        Raises:
            ValueError: the time lies before the present one.
        """
        if now < self._now:
            raise ValueError("a clock never goes back")
        self._now = now

    def advance(self, by: timedelta | float) -> datetime:
        """Move on, by seconds or a difference of time; the time it is then."""
        self.set(self._now + (by if isinstance(by, timedelta) else timedelta(seconds=by)))
        return self._now


class SequentialIds(Ids):
    """Ids that count: ``run_00000000000000000000000001`` and so on, over all prefixes."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):026}"

    def random(self, count: int) -> bytes:
        return hashlib.shake_256(str(next(self._numbers)).encode()).digest(count)
