"""A real HTTP/1.1 server on a loopback port, whose every byte a test decides on."""

import json
import selectors
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from attrs import field, frozen

__all__ = ["Exchange", "Handler", "LoopbackServer", "Request", "nobody_listens"]


@frozen
class Request:
    """What a client has sent; the names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str] = field(hash=False)
    body: bytes = b""

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


class Exchange:
    """The answer to one request: sent whole, or begun and written to until it is finished or cut off."""

    def __init__(self, handler: BaseHTTPRequestHandler, stopping: threading.Event) -> None:
        self._handler = handler
        self._stopping = stopping

    def send(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        """A whole response."""
        self._handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()
        self._handler.wfile.write(body)

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """A response that comes in pieces (chunked)."""
        self._handler.send_response(status)
        for name, value in {"Transfer-Encoding": "chunked", **headers}.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()

    def write(self, piece: bytes) -> None:
        """The next piece of a response that was begun."""
        self._handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))

    def finish(self) -> None:
        """The end of a response that was begun."""
        self._handler.wfile.write(b"0\r\n\r\n")

    def raw(self, piece: bytes) -> None:
        """Bytes as they are, for a response that is none."""
        self._handler.wfile.write(piece)

    def cut(self) -> None:
        """End the connection in the middle of things."""
        self._handler.close_connection = True
        with suppress(OSError):  # the client was faster
            self._handler.connection.shutdown(socket.SHUT_RDWR)

    @property
    def deserted(self) -> bool:
        """Whether the client has hung up: while one waits for its answer, all that can be read of it is its end."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._handler.connection, selectors.EVENT_READ)
            return bool(selector.select(timeout=0))

    def pause(self, seconds: float) -> None:
        """Send nothing for a while; stopping the server ends it."""
        self._stopping.wait(seconds)


Handler = Callable[[Request, Exchange], None]
"""Answers a request."""


class LoopbackServer:
    """Listens while its ``with`` block lasts; each connection has a thread.

    Args:
        handle: answers each request.
        tls: speaks HTTPS with this (`sophia.testing.emulators.certificates`).
        port: 0: one that is free.

    Attributes:
        requests: what was asked, in order.
        left: is set when a client goes away while it is being answered.
    """

    def __init__(self, handle: Handler, *, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.requests: list[Request] = []
        self.left = threading.Event()
        self._handle = handle
        self._stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._scheme = "http" if tls is None else "https"
        self._server = _Server(("127.0.0.1", port), self._handler(), tls)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        for connection in tuple(self._open):
            with suppress(OSError):  # the client was faster
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        emulator = self

        class _Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else each small answer waits 40 ms for the client to acknowledge its head

            def setup(self) -> None:
                emulator._open.add(self.request)
                super().setup()

            def finish(self) -> None:
                emulator._open.discard(self.request)
                with suppress(OSError):  # what waits to be flushed need not find its client
                    super().finish()

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, body)
                emulator.requests.append(request)
                try:
                    emulator._handle(request, Exchange(self, emulator._stopping))
                except OSError:
                    self.close_connection = True
                    if not emulator._stopping.is_set():
                        emulator.left.set()

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - the names that http.server calls

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: a test looks at `requests`."""

        return _Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], tls: ssl.SSLContext | None
    ) -> None:
        super().__init__(address, handler)
        self._tls = tls

    def get_request(self) -> tuple[socket.socket, Any]:
        """The next connection; its handshake is its own thread's, so that a slow one keeps nobody waiting."""
        connection, address = super().get_request()
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away between two requests is no error; the rest is told on stderr."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@contextmanager
def nobody_listens() -> Iterator[str]:
    """A URL that refuses every connection while the block lasts."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"
