"""Waiting for a log to grow: woken by this process, polling for the others."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from threading import Condition

__all__ = ["LogWatch"]

POLL_SECONDS = 0.1
"""How late the writes of another process are seen at the most."""


class LogWatch:
    """Whoever waits, for which log, and how far each of these logs is.

    There is no thread of its own: of all who wait, the one whose turn it is asks the database
    about all of their logs at once, and wakes the others.

    Args:
        ask: the last sequences of some logs, by id.
    """

    def __init__(self, ask: Callable[[Sequence[str]], Mapping[str, int]]) -> None:
        self._ask = ask
        self._changed = Condition()
        self._waiting: Counter[str] = Counter()
        self._last: dict[str, int] = {}
        self._poll_at = 0.0

    def advanced(self, logs: Mapping[str, int]) -> None:
        """Tell those who wait that these logs have grown, committed, up to these sequences."""
        with self._changed:
            known = {id_: last for id_, last in logs.items() if id_ in self._waiting}
            if known:
                self._last.update(known)
                self._changed.notify_all()

    def wait(self, log_id: str, after: int, timeout: float) -> None:
        """See `sophia.ports.records.Records.wait`."""
        until = time.monotonic() + timeout
        with self._changed:
            self._waiting[log_id] += 1
        try:
            # The log may have grown between the caller's last look and now.
            self.advanced(self._ask([log_id]))
            while not self._grown(log_id, after, until):
                self.advanced(self._ask(self._watched()))
        finally:
            with self._changed:
                self._waiting[log_id] -= 1
                if not self._waiting[log_id]:
                    del self._waiting[log_id]
                    self._last.pop(log_id, None)

    def _grown(self, log_id: str, after: int, until: float) -> bool:
        # False: it is this caller's turn to ask the database.
        with self._changed:
            while True:
                now = time.monotonic()
                if self._last.get(log_id, 0) > after or now >= until:
                    return True
                if now >= self._poll_at:
                    self._poll_at = now + POLL_SECONDS
                    return False
                self._changed.wait(min(until, self._poll_at) - now)

    def _watched(self) -> list[str]:
        with self._changed:
            return list(self._waiting)
