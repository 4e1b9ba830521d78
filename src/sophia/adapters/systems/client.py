"""A client for a company's own system: it only asks, and each question has its time, its size and its turn."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path
from threading import BoundedSemaphore
from urllib.parse import urlsplit

from attrs import evolve
from pybreaker import CircuitBreaker, CircuitBreakerError

from sophia.adapters.http.client import HttpClient, Opened, Reply, Request
from sophia.adapters.http.urls import url_fault
from sophia.adapters.http.waiting import retry_after
from sophia.domain.lookups import LookupCaps
from sophia.domain.secrets import Secret
from sophia.errors import ConfigurationError, Fault, OnlyEmulated, Unavailable
from sophia.logs import get_logger
from sophia.ports.security_source import Check
from sophia.ports.vault import Credential

__all__ = ["Budget", "SystemClient", "TimedOut"]

_ATTEMPTS = 3
_BACKOFF = 0.3  # seconds before the second attempt, twice as long before the third
_LONGEST_WAIT = 5.0  # seconds that a system may ask to be left alone within one look-up
_FAILURES = 5
_REST = 15.0  # seconds that a system is left alone after so many failures in a row
_POLL = 0.1
_MEBIBYTE = 2**20
_NOBODYS = ".example"  # RFC 2606

_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_ABOUT_THE_QUESTION = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
_MAY_PASS = (
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)

_log = get_logger(__name__)


class TimedOut(Unavailable):
    """A look-up has used up its time."""


class _TooLarge(Unavailable):
    """More than is read of an answer; the system has done its part."""


class Budget:
    """The time of one look-up, over all that it asks; call it to pass while there is some left.

    Args:
        name: of the system, as errors call it.
        seconds: that there are.
        check: of whoever waits for it.
    """

    def __init__(self, name: str, seconds: float, check: Check) -> None:
        self._name = name
        self._seconds = seconds
        self._until = time.monotonic() + seconds
        self._check = check

    @property
    def left(self) -> float:
        """Seconds."""
        return self._until - time.monotonic()

    def __call__(self) -> None:
        """Pass while there is time.

        Raises:
            TimedOut: there is none left.
        """
        self._check()
        if self.left <= 0:
            raise TimedOut(self._name, f"timed out after {self._seconds:g} s")

    def wait(self, seconds: float) -> None:
        """Wait so long. Raises as when it is called."""
        until = time.monotonic() + seconds
        while (rest := until - time.monotonic()) > 0:
            self()
            time.sleep(min(_POLL, rest))


class SystemClient:
    """Asks one system; several threads may.

    Whatever it sends only reads, so what has failed is sent again, twice at the most: after as long as the system asks
    for, up to five seconds, or a moment that grows. A credential that is refused is looked up anew, once. After five
    failures in a row, whoever they happened to, the system is left alone for a while.

    Args:
        name: of the system, as errors call it.
        base_url: where it is; nothing but this host is ever called.
        credential: what SOPHIA shows there.
        shown: the headers that show it.
        caps: how many questions there may be at once, and how much of an answer is read.
        ca_file: certificates (PEM) that are trusted instead of the machine's.

    Raises:
        ConfigurationError: the URL cannot be called, or the certificates cannot be read.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        credential: Credential,
        shown: Callable[[Secret], Mapping[str, str]],
        caps: LookupCaps,
        ca_file: Path | None = None,
    ) -> None:
        if fault := url_fault(base_url):
            raise ConfigurationError(Fault("/url", fault))
        self._name = name
        self._http = HttpClient(name, base_url, caps.seconds, kept=caps.at_once, ca_file=ca_file)
        self._host = urlsplit(base_url).hostname or ""
        self._credential = credential
        self._shown = shown
        self._megabytes = caps.megabytes
        self._turns = BoundedSemaphore(caps.at_once)
        # Only silence and errors are the system's failures: a question that it calls wrong is answered.
        self._breaker = CircuitBreaker(_FAILURES, _REST, exclude=[_is_answer], throw_new_error_on_trip=False)

    def read(self, request: Request, budget: Budget) -> Reply:
        """The whole answer. Raises as `open`; one that is larger than the cap is none, and says so."""
        with self.open(request, budget) as opened:
            body = b""
            for piece in opened.pieces:
                body += piece
                if len(body) > self._megabytes * _MEBIBYTE:
                    raise _TooLarge(
                        self._name, f"its answer is larger than the {self._megabytes} MB that are read of one"
                    )
            return Reply(opened.status, opened.headers, body)

    @contextmanager
    def open(self, request: Request, budget: Budget) -> Iterator[Opened]:
        """An answer as it comes: of a status below 400, or of 400, 404 or 422, which is about the question.

        Raises:
            TimedOut: the budget is used up.
            OnlyEmulated: the system is one of the examples'.
            Unavailable: the system does not answer, is too busy, somewhere else, or refuses the credential.
        """
        if self._host.endswith(_NOBODYS):
            raise OnlyEmulated(self._name, self._host)
        with ExitStack() as opened:
            opened.enter_context(self._turn(budget))
            try:
                opened.enter_context(self._breaker.calling())
                yield self._opened(request, budget, opened)
            except CircuitBreakerError as error:
                detail = "has failed several times in a row and is left alone for a while"
                raise Unavailable(self._name, detail, _REST) from error

    @contextmanager
    def _turn(self, budget: Budget) -> Iterator[None]:
        while not self._turns.acquire(timeout=max(0.0, min(_POLL, budget.left))):
            budget()
        try:
            yield
        finally:
            self._turns.release()

    def _opened(self, request: Request, budget: Budget, stack: ExitStack) -> Opened:
        """An answer that is left to the stack to close."""
        secret, attempt = self._credential(), 0
        while True:
            attempt += 1
            budget()
            signed = evolve(request, headers={**request.headers, **self._shown(secret)})
            with ExitStack() as trying:
                try:
                    answer = trying.enter_context(self._http.open(signed, budget))
                except TimedOut:
                    raise
                except Unavailable as error:
                    failure, may_pass = error, True
                else:
                    if answer.status < HTTPStatus.MULTIPLE_CHOICES or answer.status in _ABOUT_THE_QUESTION:
                        stack.push(trying.pop_all())
                        return answer
                    if answer.status in _REFUSED and (fresh := self._credential.renewed(secret)) is not None:
                        secret = fresh
                        continue
                    failure, may_pass = self._failure(answer), answer.status in _MAY_PASS
            backoff = _BACKOFF * 2 ** (attempt - 1) * random.uniform(0.75, 1.25)  # noqa: S311 - spreads the load
            pause = backoff if failure.retry_after is None else failure.retry_after
            if not may_pass or attempt >= _ATTEMPTS or pause > min(_LONGEST_WAIT, budget.left):
                raise failure
            _log.info("lookup.retried", source=self._name, attempt=attempt, error=str(failure), wait_s=round(pause, 1))
            budget.wait(pause)

    def _failure(self, answer: Opened) -> Unavailable:
        status = answer.status
        if status in _REFUSED:
            _log.error("lookup.credential_refused", source=self._name, status=status)
            return Unavailable(self._name, f"does not let SOPHIA's credential do this (HTTP {status})")
        if status < HTTPStatus.BAD_REQUEST:
            return Unavailable(self._name, f"is somewhere else (HTTP {status}); put its own address into `url`")
        return Unavailable(self._name, f"gives no answer now (HTTP {status})", retry_after(answer.headers))


def _is_answer(error: BaseException) -> bool:
    return isinstance(error, _TooLarge) or not isinstance(error, Unavailable)
