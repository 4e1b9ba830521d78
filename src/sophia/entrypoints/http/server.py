"""The server: gunicorn, told what it needs to know by the settings."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from sophia.bootstrap.settings import ServiceSettings
from sophia.bootstrap.sophia import Sophia
from sophia.entrypoints.http.app import create_app

__all__ = ["DemoServer"]


class DemoServer(BaseApplication):  # type: ignore[misc]
    """Serves callers on this machine; ``run`` returns by ending the process.

    Args:
        service: where it listens, with how many workers and threads.
        make: makes the SOPHIA of one worker; called in each worker, after the fork.
        welcome: printed when it listens.
    """

    def __init__(self, service: ServiceSettings, make: Callable[[], Sophia], welcome: str = "") -> None:
        self._service = service
        self._make = make
        self._welcome = welcome
        self._sophia: Sophia | None = None
        super().__init__()

    def load_config(self) -> None:
        """Hand the settings over."""
        service = self._service
        options: dict[str, Any] = {
            "bind": f"{service.host}:{service.port}",
            "workers": service.workers,
            "threads": service.threads,
            "worker_class": "gthread",
            "graceful_timeout": 10,
            "timeout": 120,
            "loglevel": "warning",
            "proc_name": "sophia",
            "worker_exit": lambda _arbiter, _worker: self._close(),
            "when_ready": lambda _: print(self._welcome, flush=True),  # noqa: T201
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
        return create_app(self._sophia.services, loopback_only=True)

    def _close(self) -> None:
        """Finish what the worker has begun."""
        if self._sophia is not None:
            self._sophia.close()
