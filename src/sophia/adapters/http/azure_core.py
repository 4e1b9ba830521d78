"""The network below Azure's SDKs: what waits for bytes can be told to stop; nothing of the environment has a say."""

from collections.abc import Iterator, MutableMapping
from http import HTTPStatus
from typing import Any, Self

import httpx2
from azure.core.exceptions import DecodeError, HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest, HttpResponse
from azure.core.utils import case_insensitive_dict

from sophia.adapters.http.transport import WatchedTransport

__all__ = ["PlainOnLoopback", "SdkTransport"]

_CONNECT = 5.0
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)


class SdkTransport(HttpTransport[HttpRequest, HttpResponse]):
    """Sends an SDK's requests through `WatchedTransport`: no proxy, no redirect, TLS verified, cancellable.

    Args:
        timeout: seconds without a byte after which a connection is taken to be dead.
        kept: connections that stay open for the next request, at the most.
    """

    def __init__(self, timeout: float, kept: int) -> None:
        limit = httpx2.Timeout(timeout, connect=min(_CONNECT, timeout))
        self._http = httpx2.Client(
            transport=WatchedTransport(kept), follow_redirects=False, timeout=limit, trust_env=False
        )

    def send(self, request: HttpRequest, **options: Any) -> HttpResponse:
        """Send a request.

        Raises:
            ServiceRequestError: it was not sent.
            ServiceResponseError: it was, and no answer has come.
        """
        # A form has no public way out of the SDK's request; its own transports take it like this.
        files, fields = request._files, request._data  # noqa: SLF001
        body: dict[str, Any] = {"files": files, "data": fields} if files else {"content": request.content}
        sent = self._http.build_request(request.method, request.url, headers=dict(request.headers), **body)
        try:
            received = _Response(request, self._http.send(sent, stream=True))
            if not options.get("stream"):
                received.read()
        except _NEVER_SENT as error:
            raise ServiceRequestError(str(error), error=error) from error
        except httpx2.HTTPError as error:
            raise ServiceResponseError(str(error), error=error) from error
        return received

    def open(self) -> None:
        """It is open from the beginning."""

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class PlainOnLoopback(SansIOHTTPPolicy[HttpRequest, HttpResponse]):
    """Lets a bearer token go over plain HTTP: for an emulator on this machine, and nothing else."""

    def on_request(self, request: Any) -> None:
        """Say so to the policy that authenticates, which would refuse."""
        request.context.options.setdefault("enforce_https", False)


class _Response(HttpResponse):
    """A response of httpx as the SDK knows one. An error that is no JSON is an error of its own, not of reading it."""

    def __init__(self, request: HttpRequest, received: httpx2.Response) -> None:
        self._request = request
        self._received = received
        self._encoding: str | None = None
        self._headers: MutableMapping[str, str] = case_insensitive_dict(received.headers)

    @property
    def request(self) -> HttpRequest:
        return self._request

    @property
    def status_code(self) -> int:
        return self._received.status_code

    @property
    def headers(self) -> MutableMapping[str, str]:
        return self._headers

    @property
    def reason(self) -> str:
        return self._received.reason_phrase

    @property
    def content_type(self) -> str | None:
        return self._headers.get("content-type")

    @property
    def is_closed(self) -> bool:
        return self._received.is_closed

    @property
    def is_stream_consumed(self) -> bool:
        return self._received.is_stream_consumed

    @property
    def encoding(self) -> str | None:
        return self._encoding or self._received.encoding

    @encoding.setter
    def encoding(self, value: str | None) -> None:
        self._encoding = value

    @property
    def url(self) -> str:
        return self._request.url

    @property
    def content(self) -> bytes:
        return self._received.content

    def text(self, encoding: str | None = None) -> str:
        return self.content.decode(encoding or self.encoding or "utf-8", "replace")

    def json(self) -> Any:
        try:
            return self._received.json()
        except ValueError as error:
            if self.status_code >= HTTPStatus.BAD_REQUEST:
                raise HttpResponseError(response=self) from error
            raise DecodeError("no JSON", response=self, error=error) from error

    def raise_for_status(self) -> None:
        if self.status_code >= HTTPStatus.BAD_REQUEST:
            raise HttpResponseError(response=self)

    def read(self) -> bytes:
        return self._received.read()

    def iter_raw(self, **_: Any) -> Iterator[bytes]:
        return _Pieces(self, self._received.iter_raw())

    def iter_bytes(self, **_: Any) -> Iterator[bytes]:
        return _Pieces(self, self._received.iter_bytes())

    def close(self) -> None:
        self._received.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class _Pieces(Iterator[bytes]):
    """What comes of a response. Unlike a generator it lets go of the connection also where nobody has begun to read."""

    def __init__(self, response: _Response, pieces: Iterator[bytes]) -> None:
        self._response = response
        self._pieces = pieces

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except httpx2.HTTPError as error:
            raise ServiceResponseError(str(error), error=error) from error

    def close(self) -> None:
        self._response.close()
