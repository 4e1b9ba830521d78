"""What another system says, kept for a short while."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from contextvars import copy_context
from threading import Lock, Thread
from typing import Generic, TypeVar

from attrs import define

from sophia.errors import Unavailable

__all__ = ["Cache"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_GRACE = 0.5
"""Seconds that whoever could do with an old value waits for a new one."""


@define
class _Asked(Generic[V]):
    """A question under way: its answer, and when it was asked."""

    answer: Future[V]
    at: float


class Cache(Generic[K, V]):
    """Asks for a value once, however many want it, and keeps it; an old one serves while no new one is to be had.

    Args:
        name: of whom is asked, for the error.
        ask: for a new value; raises `Unavailable` when there is none to be had.
        fresh_for: seconds after which a value is asked for anew.
        stale_for: seconds after which an old value serves no more, counted from when it was asked for.
        most: values that are kept; those used least lately go first.
        patience: seconds that whoever has no value waits for one.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        name: str,
        ask: Callable[[K], V],
        *,
        fresh_for: float,
        stale_for: float,
        most: int,
        patience: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._ask = ask
        self._fresh_for = fresh_for
        self._stale_for = stale_for
        self._most = most
        self._patience = patience
        self._clock = clock
        self._lock = Lock()
        self._kept: OrderedDict[K, tuple[V, float]] = OrderedDict()
        self._under_way: dict[K, _Asked[V]] = {}

    def __call__(self, key: K) -> V:
        """The value.

        Raises:
            Unavailable: there is none, and none is to be had.
        """
        with self._lock:
            now = self._clock()
            kept = self._kept.get(key)
            age = float("inf") if kept is None else now - kept[1]
            if kept is not None and age < self._fresh_for:
                self._kept.move_to_end(key)
                return kept[0]
            asked = self._under_way.get(key) or self._begin(key, now)
        old = kept if age < self._stale_for else None
        try:
            # Renewing leases must not wait for a slow backend: after the grace it gets the old value.
            return asked.answer.result(self._patience if old is None else max(0.0, asked.at + _GRACE - now))
        except TimeoutError as error:
            if old is None:
                raise Unavailable(self._name, "has not answered in time") from error
        except Unavailable:
            if old is None:
                raise
        return old[0]

    def _begin(self, key: K, now: float) -> _Asked[V]:
        asked = self._under_way[key] = _Asked(Future(), now)
        # A pool's threads would be waited for at the end of the process. The question belongs to the trace of who asks.
        Thread(target=copy_context().run, args=(self._run, key, asked), name=f"ask-{self._name}", daemon=True).start()
        return asked

    def _run(self, key: K, asked: _Asked[V]) -> None:
        try:
            value = self._ask(key)
        except BaseException as error:  # noqa: BLE001 -- whoever waits is told
            with self._lock:
                del self._under_way[key]
            asked.answer.set_exception(error)
            return
        with self._lock:
            del self._under_way[key]
            self._kept[key] = value, asked.at
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        asked.answer.set_result(value)
