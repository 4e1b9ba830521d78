"""Asking something that may be slow, or never answer."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Generic, TypeVar

from sophia.errors import Unavailable

__all__ = ["Probe"]

T = TypeVar("T")


class Probe(Generic[T]):
    """Asks one thing: never twice at a time, its answer (or error) good for some seconds, whoever asks.

    Args:
        name: what is asked, for the error.
        ask: the question; one that never returns keeps one thread.
        good_for: seconds after which it is asked anew.
    """

    def __init__(self, name: str, ask: Callable[[], T], good_for: float) -> None:
        self._name = name
        self._ask = ask
        self._good_for = good_for
        self._lock = Lock()
        self._asked: Future[T] | None = None
        self._before: Future[T] | None = None
        self._asked_at = 0.0

    def begin(self) -> None:
        """Ask, without waiting for the answer."""
        self._answer()

    def result(self, patience: float) -> T:
        """The answer; whatever the question raises is raised.

        Raises:
            Unavailable: there is none after ``patience`` seconds.
        """
        answer = self._answer()
        try:
            return answer.result(patience)
        except TimeoutError as error:
            raise Unavailable(self._name, "no answer in time") from error

    def latest(self) -> T | None:
        """The answer to the last question that was answered; None before the first. A new one is asked if it is time.

        Raises whatever the question raised.
        """
        asked = self._answer()
        told = asked if asked.done() else self._before
        return None if told is None else told.result()

    def _answer(self) -> Future[T]:
        with self._lock:
            if self._asked is None or (self._asked.done() and time.monotonic() - self._asked_at > self._good_for):
                self._before, self._asked, self._asked_at = self._asked, Future(), time.monotonic()
                # A pool's threads would be waited for at the end of the process.
                Thread(target=self._run, args=(self._asked,), name=f"probe-{self._name}", daemon=True).start()
            return self._asked

    def _run(self, answer: "Future[T]") -> None:
        try:
            answer.set_result(self._ask())
        except BaseException as error:  # noqa: BLE001 -- whoever waits is told
            answer.set_exception(error)
