"""The time of this machine."""

from datetime import UTC, datetime
from threading import Lock

from sophia.ports.system import Clock

__all__ = ["SystemClock"]


class SystemClock(Clock):
    """The system's wall clock. When that is set back, this one stands still until it has caught up."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """See `Clock`."""
        with self._lock:
            self._last = max(self._last, datetime.now(UTC))
            return self._last
