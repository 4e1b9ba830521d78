"""Listening to logs: told by this process what it commits, asking the database for what others do."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Condition, Lock, Thread
from typing import TypeAlias

from attrs import define, field

from sophia.domain.runs import Sequenced
from sophia.errors import Unavailable
from sophia.logs import get_logger
from sophia.ports.records import LogTail

__all__ = ["LogKey", "LogWatch"]

POLL_SECONDS = 0.1
"""How late the writes of another process are seen at the most."""

LogKey: TypeAlias = tuple[str, str]
"""A company and the id of one of its logs."""

_KEPT = 64
"""Events of one log that are kept for its listeners; who is further behind looks into the log."""

_log = get_logger(__name__)


@define(eq=False)
class _Heard:
    """What is known of a log that somebody listens to. Each has a lock of its own, or all listeners wake for one."""

    grown: Condition = field(factory=Condition)
    last: int = 0
    recent: deque[Sequenced] = field(factory=lambda: deque(maxlen=_KEPT))
    listeners: int = 0
    told: bool = False

    def hear(self, last: int, events: Sequence[Sequenced] = ()) -> None:
        """Take in how far the log is, and its newest events where they are known."""
        with self.grown:
            if last <= self.last:
                return
            if not events or events[0].sequence != self.last + 1:
                self.recent.clear()
            self.recent.extend(events)
            self.last = last
            self.grown.notify_all()

    def following(self, after: int) -> tuple[Sequenced, ...]:
        """The events next after a sequence; none where they are not known."""
        if not self.recent or not self.recent[0].sequence <= after + 1 <= self.last:
            return ()
        return tuple(event for event in self.recent if event.sequence > after)


class LogWatch:
    """Tells those who listen to logs when these grow, and how, once it is committed.

    What other processes write is polled for, by one thread for all listeners, and only while there are any.

    Args:
        ask: the last sequences of some logs.
    """

    def __init__(self, ask: Callable[[Sequence[LogKey]], Mapping[LogKey, int]]) -> None:
        self._ask = ask
        self._lock = Lock()
        self._heard: dict[LogKey, _Heard] = {}
        self._poller: Thread | None = None

    @contextmanager
    def listen(self, key: LogKey) -> Iterator[LogTail]:
        """See `sophia.ports.records.Records.tail`."""
        with self._lock:
            heard = self._heard.setdefault(key, _Heard())
            heard.listeners += 1
            if self._poller is None:
                self._poller = Thread(target=self._poll, name="log-watch", daemon=True)
                self._poller.start()
        try:
            yield _Tail(heard)
        finally:
            with self._lock:
                heard.listeners -= 1
                if not heard.listeners:
                    del self._heard[key]

    def tell(self, logs: Mapping[LogKey, Sequence[Sequenced]]) -> None:
        """What this process has just committed, each log's events in order."""
        for key, events in logs.items():
            if events and (heard := self._heard.get(key)):
                heard.told = True
                heard.hear(events[-1].sequence, events)

    def _poll(self) -> None:
        while True:
            time.sleep(POLL_SECONDS)
            with self._lock:
                if not self._heard:
                    self._poller = None
                    return
                # Of a log that grows by our own hand we hear anyway.
                silent = [key for key, heard in self._heard.items() if not heard.told]
                for heard in self._heard.values():
                    heard.told = False
            try:
                lasts = self._ask(silent) if silent else {}
            except Unavailable as error:
                _log.warning("logs.not_polled", error=str(error))
                continue
            for key, last in lasts.items():
                if found := self._heard.get(key):
                    found.hear(last)


@define
class _Tail(LogTail):
    _heard: _Heard

    def wait(self, after: int, timeout: float) -> tuple[Sequenced, ...]:
        until = time.monotonic() + timeout
        heard = self._heard
        with heard.grown:
            while heard.last <= after and (left := until - time.monotonic()) > 0:
                heard.grown.wait(left)
            return heard.following(after)
