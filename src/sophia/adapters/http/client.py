"""A client for one server that SOPHIA depends on: nothing of it is taken on trust, and nothing takes for ever."""

import json
import time
import weakref
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import httpcore2
import httpx2
from attrs import field, frozen

from sophia.adapters.http.trace import traceparent
from sophia.adapters.http.transport import WatchedTransport, checking
from sophia.errors import Unanswered, Unavailable

__all__ = ["HttpClient", "Reply"]

_CONNECT = 3.0
_MOST_BYTES = 256 * 1024


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


class HttpClient:
    """Sends JSON to one server; several threads may.

    A redirect is not followed, no proxy is used, TLS is verified, a body is read up to 256 KiB. Each
    request has a connection of its own: one that is kept can be closed by the server at the moment it is used again,
    and nobody can tell then whether the request was heard.

    Args:
        name: of the server, as errors call it.
        base_url: what paths are added to.
        patience: seconds that a request may take from its beginning to the end of the answer.
    """

    def __init__(self, name: str, base_url: str, patience: float) -> None:
        self._name = name
        self._base_url = base_url.rstrip("/")
        self._patience = patience
        timeout = httpx2.Timeout(patience, connect=min(_CONNECT, patience))
        self._http = httpx2.Client(
            transport=WatchedTransport(kept=0), follow_redirects=False, trust_env=False, timeout=timeout
        )
        weakref.finalize(self, self._http.close)

    def post(self, path: str, body: Mapping[str, object], headers: Mapping[str, str]) -> Reply:
        """The answer to an object that was sent, whatever its status is.

        Raises:
            Unanswered: it was sent, and no whole answer came in time.
            Unavailable: the server was not reached.
        """
        sent = {**_headers(), "Content-Type": "application/json", **headers}
        return self._send("POST", path, sent, json.dumps(body).encode())

    def get(self, path: str, headers: Mapping[str, str]) -> Reply:
        """The answer to a question, whatever its status is. Raises as `post`."""
        return self._send("GET", path, {**_headers(), **headers})

    def _send(self, method: str, path: str, headers: Mapping[str, str], content: bytes | None = None) -> Reply:
        until = time.monotonic() + self._patience

        def check() -> None:
            if time.monotonic() > until:
                raise httpcore2.ReadTimeout

        request = self._http.build_request(method, f"{self._base_url}{path}", content=content, headers=headers)
        try:
            with checking(check), closing(self._http.send(request, stream=True)) as response:
                return Reply(response.status_code, dict(response.headers), _bounded(response))
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise Unavailable(self._name, "cannot be reached") from error
        except httpx2.TimeoutException as error:
            raise Unanswered(self._name, "has not answered in time") from error
        except (httpx2.HTTPError, _TooLong) as error:
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


def _bounded(response: httpx2.Response) -> bytes:
    body = b""
    for piece in response.iter_raw():
        body += piece
        if len(body) > _MOST_BYTES:
            raise _TooLong
    return body
