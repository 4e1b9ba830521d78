"""What the emulated systems that SOPHIA looks at share: an answer to each request, and what goes wrong with it.

Faults are decided one by one, in the order of the requests, or by what is asked::

    with SplunkEmulator(day, token="t", faults=[None, Fault(status=503, headers={"Retry-After": "1"})]) as splunk: ...
    with SplunkEmulator(day, token="t", faults=lambda request: Fault(cuts_after=100) if "export" in request.path
                        else None) as splunk: ...
"""

import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from threading import Lock

from attrs import field, frozen

from sophia.testing.emulators.server import Exchange, LoopbackServer, Request

__all__ = ["Answer", "EmulatedSystem", "Fault", "Faults", "html_page", "redirect"]

_FLOOD = b" " * 65_536


@frozen
class Fault:
    """What goes wrong with an answer.

    Attributes:
        status, body: instead of the answer; a status without a body brings what the system itself says with it.
        headers: besides the usual ones.
        delay: seconds until the answer begins.
        cuts: the connection ends, and no answer comes.
        cuts_after: the connection ends after this many bytes of the body.
        drips: seconds between the bytes of the body.
        floods: so many bytes of blanks follow the body.
    """

    status: int | None = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(factory=dict, hash=False)
    delay: float = 0.0
    cuts: bool = False
    cuts_after: int | None = None
    drips: float = 0.0
    floods: int = 0


Faults = Callable[[Request], Fault | None]
"""Decides what goes wrong with a request; None: nothing."""


def redirect(url: str, status: int = 302) -> Fault:
    """The answer is somewhere else."""
    return Fault(status=status, body=b"", headers={"Location": url})


def html_page(status: int = 502) -> Fault:
    """The answer is that of something in between: a page for people."""
    body = f"<!DOCTYPE html><html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>"
    return Fault(status=status, body=body.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


@frozen
class Answer:
    """A whole body, or one that comes in pieces."""

    status: int
    body: bytes | Generator[bytes, None, None] = field(hash=False)
    headers: Mapping[str, str] = field(factory=dict, hash=False)


class EmulatedSystem(LoopbackServer, ABC):
    """A system that is looked at.

    Args:
        faults: what goes wrong with each request, in order (None: nothing), or what decides on it.
        tls, port: as `LoopbackServer` takes them.

    Attributes:
        writes: the requests that would have changed something, had they been allowed to.
        most_at_once: the most requests that it was answering at a time.
    """

    def __init__(
        self, faults: Iterable[Fault | None] | Faults = (), *, tls: ssl.SSLContext | None = None, port: int = 0
    ) -> None:
        super().__init__(self._serve, tls=tls, port=port)
        self.writes: list[Request] = []
        self.most_at_once = 0
        self._at_once = 0
        self._lock = Lock()
        if callable(faults):
            self._fault: Faults = faults
        else:
            script = iter(tuple(faults))
            self._fault = lambda _: next(script, None)

    @abstractmethod
    def _answer(self, request: Request, exchange: Exchange) -> Answer:
        """What the system says."""

    @abstractmethod
    def _refusal(self, status: int) -> Answer:
        """How the system says that it does not."""

    def _serve(self, request: Request, exchange: Exchange) -> None:
        with self._lock:
            fault = self._fault(request) or Fault()
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            exchange.pause(fault.delay)
            if fault.cuts:
                exchange.cut()
            else:
                _send(exchange, self._answer_with(fault, request, exchange), fault)
        finally:
            with self._lock:
                self._at_once -= 1

    def _answer_with(self, fault: Fault, request: Request, exchange: Exchange) -> Answer:
        if fault.body is not None:
            return Answer(fault.status or 200, fault.body)
        return self._answer(request, exchange) if fault.status is None else self._refusal(fault.status)


def _send(exchange: Exchange, answer: Answer, fault: Fault) -> None:
    headers = {**answer.headers, **fault.headers}
    if isinstance(answer.body, bytes) and not (fault.cuts_after is not None or fault.drips or fault.floods):
        exchange.send(answer.status, answer.body, headers)
        return
    exchange.begin(answer.status, headers)
    left = fault.cuts_after
    with closing(_pieces(answer, fault)) as pieces:
        for piece in pieces:
            if left is not None and left <= len(piece):
                if left:
                    exchange.write(piece[:left])
                exchange.cut()
                return
            if piece:  # an empty one would end it
                exchange.write(piece)
            left = left if left is None else left - len(piece)
            exchange.pause(fault.drips)
    exchange.finish()


def _pieces(answer: Answer, fault: Fault) -> Generator[bytes, None, None]:
    body = _whole(answer.body) if isinstance(answer.body, bytes) else answer.body
    with closing(body):
        for piece in body:
            yield from (bytes([byte]) for byte in piece) if fault.drips else (piece,)
    for at in range(0, fault.floods, len(_FLOOD)):
        yield _FLOOD[: fault.floods - at]


def _whole(body: bytes) -> Generator[bytes, None, None]:
    yield body
