"""The server: gunicorn, told what it needs to know by the settings."""

import contextlib
import gc
import os
import secrets
import socket
import struct
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.util import close_graceful, write_nonblock
from gunicorn.workers.gthread import ThreadWorker

from sophia.bootstrap.demo import DemoCompany
from sophia.bootstrap.settings import ServiceSettings
from sophia.bootstrap.sophia import Sophia
from sophia.bootstrap.telemetry import forget_process
from sophia.entrypoints.http.app import create_app
from sophia.entrypoints.http.problems import problem_document
from sophia.entrypoints.http.server_log import ServerLog
from sophia.logs import get_logger

__all__ = ["Server"]

_CLIENT_PATIENCE = 10
"""Seconds that a client may leave the server waiting for its next bytes, or for room for the server's."""

_SEND_BUFFER = 128 * 1024
"""Bytes that wait for a slow reader, at the most."""

_LAST_WORDS = 2.0
"""Seconds that what was begun is given where somebody wants the server to end at once."""

_SLACK = 5
"""Seconds between the end of a worker's time and its being killed."""

_GARBAGE = (50_000, 20, 50)
"""Objects made, and rounds of the younger generations, until the next search for garbage."""

_SPARE_CONNECTIONS = 1000
"""Connections of a worker that are open but served by no thread at the moment."""

_LONGEST_LINE = 8190
"""Bytes of a request's first line, its path and query among them; gunicorn reads no more."""

_LONGEST_HEADER, _MOST_HEADERS = 8190, 100

# What is refused before there is a request; the most specific class comes first.
_REFUSED: tuple[tuple[type[ParseException], int, str, str, str], ...] = (
    (
        LimitRequestLine,
        414,
        "uri-too-long",
        "URI Too Long",
        f"method, path and query are too long; at most {_LONGEST_LINE} bytes are taken, escapes included",
    ),
    (
        LimitRequestHeaders,
        431,
        "headers-too-large",
        "Request Header Fields Too Large",
        f"at most {_MOST_HEADERS} header fields are taken, and {_LONGEST_HEADER} bytes in one",
    ),
    (ParseException, 400, "invalid-input", "Bad Request", "it is no request in HTTP/1.1 (RFC 9112)"),
)

_log = get_logger(__name__)


class DrainingWorker(ThreadWorker):  # type: ignore[misc]
    """A worker that, told to stop, goes on answering while it finishes what was begun; new work is refused."""

    _ending = False

    def handle(self, conn: Any) -> Any:
        """Serve a connection; one that ends waits here for its client to close, too.

        gunicorn waits in the thread that accepts connections: up to two seconds in which nobody else is heard.
        """
        keep = super().handle(conn)
        if keep is False:
            with contextlib.suppress(OSError):  # it may be gone
                close_graceful(conn.sock.dup())
                conn.sock.shutdown(socket.SHUT_RD)
        return keep

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Refuse what is no request, or larger than is read, with a problem document; gunicorn answers in HTML.

        What was sent is not logged: it may hold anything.
        """
        refused = next((row for row in _REFUSED if isinstance(exc, row[0])), None)
        if refused is None:
            super().handle_error(req, client, addr, exc)
            return
        _, status, code, title, detail = refused
        request_id = f"req_{secrets.token_hex(12)}"
        _log.warning("http.refused", status=status, error=type(exc).__name__, request=request_id)
        body = problem_document(status, code, title, detail, request_id)
        head = (
            f"HTTP/1.1 {status} {title}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n"
            f"Content-Length: {len(body)}\r\nX-Request-Id: {request_id}\r\nX-Content-Type-Options: nosniff\r\n\r\n"
        )
        with contextlib.suppress(OSError):  # it may be gone
            write_nonblock(client, head.encode() + body)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to leave; called in the main thread, which has connections to look after meanwhile."""

        def leave() -> None:
            self.app.drain()
            # What still listens by now is cut, and listens on elsewhere.
            self.cfg.set("graceful_timeout", 1)
            super(DrainingWorker, self).handle_exit(sig, frame)

        threading.Thread(target=leave, name="drain", daemon=True).start()

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        """End now, and once.

        Ctrl-C reaches the whole group of processes, and then the arbiter tells its workers as well: the second signal
        would wait for a lock that the first one holds.
        """
        if not self._ending:
            self._ending = True
            super().handle_quit(sig, frame)


class Server(BaseApplication):  # type: ignore[misc]
    """Serves callers; ``run`` returns by ending the process.

    Args:
        service: where it listens, with how many workers and threads.
        make: makes the SOPHIA of one worker; called in each worker, after the fork.
        welcome: printed when it listens.
        demo: the companies that the chat page lets in by itself; where there are any, no caller from another machine is
            answered.
    """

    def __init__(
        self,
        service: ServiceSettings,
        make: Callable[[], Sophia],
        welcome: str = "",
        demo: Sequence[DemoCompany] = (),
    ) -> None:
        self._service = service
        self._make = make
        self._welcome = welcome
        self._demo = demo
        self._sophia: Sophia | None = None
        super().__init__()

    def load_config(self) -> None:
        """Hand the settings over."""
        service = self._service
        options: dict[str, Any] = {
            "bind": f"{service.host}:{service.port}",
            "workers": service.workers,
            "threads": service.threads,
            "worker_class": DrainingWorker,
            "worker_connections": service.threads + _SPARE_CONNECTIONS,
            "graceful_timeout": service.stop_seconds + _SLACK,
            "timeout": 120,
            "limit_request_line": _LONGEST_LINE,
            "limit_request_field_size": _LONGEST_HEADER,
            "limit_request_fields": _MOST_HEADERS,
            "loglevel": "warning",
            "logger_class": ServerLog,
            "child_exit": lambda _arbiter, worker: forget_process(worker.pid),
            "proc_name": "sophia",
            "worker_exit": lambda _arbiter, _worker: self._leave(),
            "when_ready": self._ready,
        }
        for name, value in options.items():
            self.cfg.set(name, value)
        if "control_socket_disable" in self.cfg.settings:
            # From gunicorn 25.1 on, servers of one user would share a socket by which they can be managed.
            self.cfg.set("control_socket_disable", True)  # noqa: FBT003

    def load(self) -> Flask:
        """The application of one worker, with its own threads."""
        self._sophia = self._make()
        self._sophia.services.background.start()
        # What is loaded by now stays: to look through it for garbage again and again takes a tenth of a busy worker.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_GARBAGE)
        return create_app(self._sophia.services, loopback_only=bool(self._demo), demo=self._demo)

    def drain(self) -> None:
        """Refuse new work from now on, and give what was begun its time."""
        if self._sophia is not None:
            self._sophia.close(self._service.stop_seconds)

    def _ready(self, arbiter: Arbiter) -> None:
        for listener in arbiter.LISTENERS:
            _bound_clients(listener.sock)
        print(self._welcome, flush=True)  # noqa: T201

    def _leave(self) -> None:
        if self._sophia is not None:
            self._sophia.close(_LAST_WORDS)
        # Threads that wait for clients, or for a model, would keep the process; nothing of theirs is lost.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _bound_clients(listener: socket.socket) -> None:
    """Let no client cost more than a bounded time and buffer; connections inherit this from their listener."""
    patience = struct.pack("ll", _CLIENT_PATIENCE, 0)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, patience)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Nobody acknowledges what is sent: the client is gone without a word.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _CLIENT_PATIENCE * 1000)
