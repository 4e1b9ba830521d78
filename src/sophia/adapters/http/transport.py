"""The network below every HTTP client: what waits for bytes can be told to stop; some addresses are never called."""

import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import httpcore2
import httpx2

from sophia.adapters.http.urls import resolved
from sophia.errors import ConfigurationError, Fault

__all__ = ["Check", "WatchedTransport", "checking"]

Check = Callable[[], None]
"""Passes while the work may go on; raises when it is to stop."""

_POLL = 0.2  # seconds of silence after which a request that waits looks whether it is to stop

_check: ContextVar[Check] = ContextVar("check", default=lambda: None)


@contextmanager
def checking(check: Check) -> Iterator[None]:
    """Have whatever waits for bytes in this block ask this check, several times a second; what it raises passes."""
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


class WatchedTransport(httpx2.HTTPTransport):
    """Asks the check of whoever waits, again and again, while nothing comes. TLS is verified, no proxy is used.

    A name is looked up once for each connection, and what it stands for is called only where `resolved` lets it.

    Args:
        kept: connections that stay open for the next request, at the most.
        ca_file: certificates (PEM) that are trusted instead of the machine's.

    Raises:
        ConfigurationError: the certificates cannot be read.
    """

    def __init__(self, kept: int = 20, ca_file: Path | None = None) -> None:
        super().__init__()
        # The transport has no parameter for the network below its pool.
        self._pool = httpcore2.ConnectionPool(
            ssl_context=_trust(ca_file),
            network_backend=_WatchedBackend(),
            max_connections=1000,
            max_keepalive_connections=kept,
            keepalive_expiry=30.0,
        )


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    if ca_file is None:
        return httpx2.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(Fault("/ca_file", f"{ca_file} holds no certificates that can be read")) from error


class _WatchedBackend(httpcore2.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            *others, last = resolved(host, port)
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        for address in others:
            try:
                return _WatchedStream(super().connect_tcp(address, port, timeout, local_address, socket_options))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return _WatchedStream(super().connect_tcp(last, port, timeout, local_address, socket_options))


class _WatchedStream(httpcore2.NetworkStream):
    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        check = _check.get()
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            check()
            left = _POLL if until is None else min(_POLL, until - time.monotonic())
            try:
                return self._stream.read(max_bytes, max(left, 0.001))
            except httpcore2.ReadTimeout:
                if until is not None and time.monotonic() >= until:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _WatchedStream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
