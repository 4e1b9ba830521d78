"""A client for one server that SOPHIA depends on: nothing of it is taken on trust, and nothing takes for ever."""

import json
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpcore2
import httpx2
from attrs import field, frozen

from sophia.adapters.http.trace import traceparent
from sophia.adapters.http.transport import Check, WatchedTransport, checking
from sophia.errors import Unanswered, Unavailable

__all__ = ["HttpClient", "Opened", "Reply", "Request"]

_CONNECT = 3.0
_MOST_BYTES = 256 * 1024


@frozen
class Request:
    """What is asked; ``path`` comes after the server's address."""

    method: str
    path: str
    headers: Mapping[str, str] = field(factory=dict, hash=False)
    content: bytes | None = field(default=None, repr=False)


@frozen
class Reply:
    """What a server has answered; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str] = field(hash=False)
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        """The body, read as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):  # so deeply nested that it was sent to do harm
            return None


@frozen
class Opened:
    """An answer whose body still comes; ``pieces`` are as they were sent."""

    status: int
    headers: Mapping[str, str] = field(hash=False)
    pieces: Iterator[bytes] = field(repr=False)

    def whole(self, most: int = _MOST_BYTES) -> Reply:
        """The answer with its body, read to the end.

        Raises:
            Unanswered: it is longer than ``most`` bytes.
        """
        body = b""
        for piece in self.pieces:
            body += piece
            if len(body) > most:
                raise _TooLong
        return Reply(self.status, self.headers, body)


class HttpClient:
    """Speaks to one server; several threads may.

    A redirect is not followed, no proxy is used, TLS is verified, a body is read up to 256 KiB unless more is asked
    for. Where no connection is kept, each request has one of its own: one that is kept can be closed by the server at
    the moment it is used again, and nobody can tell then whether the request was heard.

    Args:
        name: of the server, as errors call it.
        base_url: what paths are added to.
        patience: seconds that a request may take from its beginning to the end of the answer.
        kept: connections that stay open for the next request, at the most.
        ca_file: certificates (PEM) that are trusted instead of the machine's.
    """

    def __init__(
        self, name: str, base_url: str, patience: float, *, kept: int = 0, ca_file: Path | None = None
    ) -> None:
        self._name = name
        self._base_url = base_url.rstrip("/")
        self._patience = patience
        timeout = httpx2.Timeout(patience, connect=min(_CONNECT, patience))
        self._http = httpx2.Client(
            transport=WatchedTransport(kept, ca_file), follow_redirects=False, trust_env=False, timeout=timeout
        )
        weakref.finalize(self, self._http.close)

    def post(self, path: str, body: Mapping[str, object], headers: Mapping[str, str]) -> Reply:
        """The answer to an object that was sent, whatever its status is.

        Raises:
            Unanswered: it was sent, and no whole answer came in time.
            Unavailable: the server was not reached.
        """
        sent = {"Content-Type": "application/json", **headers}
        return self._send(Request("POST", path, sent, json.dumps(body).encode()))

    def get(self, path: str, headers: Mapping[str, str]) -> Reply:
        """The answer to a question, whatever its status is. Raises as `post`."""
        return self._send(Request("GET", path, headers))

    def _send(self, request: Request) -> Reply:
        until = time.monotonic() + self._patience

        def check() -> None:
            if time.monotonic() > until:
                raise httpcore2.ReadTimeout

        with self.open(request, check) as opened:
            return opened.whole()

    @contextmanager
    def open(self, request: Request, check: Check) -> Iterator[Opened]:
        """Send a request, and read the answer as it comes, whatever its status is.

        Args:
            request: what is asked.
            check: is asked several times a second while nothing comes; what it raises is raised.

        Raises:
            Unanswered: it was sent, and no whole answer came.
            Unavailable: the server was not reached.
        """
        headers = {**_headers(), **request.headers}
        sent = self._http.build_request(
            request.method, f"{self._base_url}{request.path}", content=request.content, headers=headers
        )
        try:
            with checking(check), closing(self._http.send(sent, stream=True)) as response:
                yield Opened(response.status_code, dict(response.headers), response.iter_raw())
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise Unavailable(self._name, "cannot be reached") from error
        except httpx2.TimeoutException as error:
            raise Unanswered(self._name, "has not answered in time") from error
        except (httpx2.HTTPError, httpx2.StreamError, _TooLong) as error:
            raise Unanswered(self._name, "has sent no answer that can be read") from error


class _TooLong(Exception):
    """A body that is longer than any that is expected."""


def _headers() -> dict[str, str]:
    trace = traceparent()
    return {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "sophia",
    } | ({"traceparent": trace} if trace else {})
