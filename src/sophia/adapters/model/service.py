"""A service that plays turns: so many of them at once, left alone while it fails, and counted."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from threading import BoundedSemaphore
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

    Args:
        name: as errors call it.
        concurrent: turns that are played there at once; others wait.
        figures: are told what happens.
    """

    def __init__(self, name: str, concurrent: int, figures: ServiceFigures) -> None:
        self._name = name
        self._figures = figures
        self._places = BoundedSemaphore(concurrent)
        self._breaker = CircuitBreaker(
            _FAILURES,
            _REST,
            exclude=[lambda error: not isinstance(error, Transient)],  # an answer, whatever it says
            listeners=[_Told(figures)],
            throw_new_error_on_trip=False,
        )

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
            Unavailable: the service is left alone for a while.
        """
        began, outcome = time.monotonic(), "stopped"
        try:
            with self._breaker.calling():
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


class _Told(CircuitBreakerListener):
    def __init__(self, figures: ServiceFigures) -> None:
        self._figures = figures

    def state_change(self, cb: CircuitBreaker, old_state: Any, new_state: Any) -> None:  # noqa: ARG002
        """From the closed state it comes here by failures, from the open one by time."""
        if STATE_OPEN in (old_state.name, new_state.name):
            self._figures.left_alone(begins=new_state.name == STATE_OPEN)
