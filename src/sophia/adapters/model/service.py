"""A service that plays turns: so many of them at once, left alone while it fails, and counted."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock
from typing import Any

from pybreaker import STATE_OPEN, CircuitBreaker, CircuitBreakerError, CircuitBreakerListener

from sophia.adapters.http.transport import Check
from sophia.adapters.model.errors import OutOfTime, Transient
from sophia.adapters.model.figures import ServiceFigures
from sophia.errors import Cancelled, SophiaError, Unavailable

__all__ = ["Service"]

_FAILURES, _REST = 10, 15.0
_POLL = 0.2


class Service:
    """One endpoint; several threads may use it. After ten failures in a row it is left alone for 15 seconds.

    Each operation counts for itself as well: where nothing can be begun, a look whether it was begun may well succeed.

    Args:
        name: as errors call it.
        concurrent: turns that are played there at once; others wait.
        figures: are told what happens.
    """

    def __init__(self, name: str, concurrent: int, figures: ServiceFigures) -> None:
        self._name = name
        self._figures = figures
        self._places = BoundedSemaphore(concurrent)
        self._told = _Told(figures)
        self._all = _breaker(self._told)
        self._each: dict[str, CircuitBreaker] = {}

    @contextmanager
    def turn(self, check: Check) -> Generator[None]:
        """One of the places that there are, as soon as one is free; while none is, the check is asked."""
        with self._figures.waiting():
            while not self._places.acquire(timeout=_POLL):
                check()
        try:
            with self._figures.playing():
                yield
        finally:
            self._places.release()

    @contextmanager
    def calling(self, operation: str) -> Generator[None]:
        """One request, in this block, whose errors are SOPHIA's own; ``operation`` is one of few.

        Raises:
            Unavailable: the service, or this operation of it, is left alone for a while.
        """
        began, outcome = time.monotonic(), "stopped"
        try:
            each = self._each.get(operation) or self._each.setdefault(operation, _breaker(self._told))
            with self._all.calling(), each.calling():
                yield
            outcome = "done"
        except CircuitBreakerError as error:
            outcome = "left_alone"
            detail = "has failed several times in a row and is left alone for a while"
            raise Unavailable(self._name, detail, _REST) from error
        except Transient:
            outcome = "failed"
            raise
        except (Cancelled, OutOfTime):
            raise
        except SophiaError:
            outcome = "refused"
            raise
        finally:
            self._figures.called(operation, outcome, time.monotonic() - began)

    def retried(self) -> None:
        """Something is tried again."""
        self._figures.retried()


def _breaker(told: "_Told") -> CircuitBreaker:
    return CircuitBreaker(
        _FAILURES,
        _REST,
        exclude=[lambda error: not isinstance(error, Transient)],  # an answer, whatever it says
        listeners=[told],
        throw_new_error_on_trip=False,
    )


class _Told(CircuitBreakerListener):
    """Tells when the first of a service's breakers opens, and when none is open any more."""

    def __init__(self, figures: ServiceFigures) -> None:
        self._figures = figures
        self._open = 0
        self._lock = Lock()

    def state_change(self, cb: CircuitBreaker, old_state: Any, new_state: Any) -> None:  # noqa: ARG002
        """From the closed state it comes here by failures, from the open one by time."""
        opens = new_state.name == STATE_OPEN
        if opens == (old_state.name == STATE_OPEN):
            return
        with self._lock:
            before = self._open
            self._open += 1 if opens else -1
            if not (before and self._open):
                self._figures.left_alone(begins=not before)
