"""``sophia serve``: the HTTP API."""

import json
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication

from sophia.bootstrap.database import open_database
from sophia.bootstrap.demo import demo_keys, demo_sophia
from sophia.bootstrap.settings import Settings, load_settings
from sophia.bootstrap.sophia import Sophia
from sophia.entrypoints.cli.options import log_to_stderr
from sophia.entrypoints.http.app import create_app
from sophia.errors import ConfigurationError, Fault

__all__ = ["command"]


@click.command("serve")
@click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="SOPHIA_CONFIG",
    default=Path("sophia.toml"),
    show_default=True,
    help="The settings file (or SOPHIA_CONFIG).",
)
@click.option("--demo", is_flag=True, help="Make ephemeral access keys, good from this machine only, and show them.")
def command(path: Path, demo: bool) -> None:
    """Serve the HTTP API, after bringing the knowledge of every company up to date."""
    log_to_stderr()
    settings = load_settings(path)
    if not demo:
        raise ConfigurationError(Fault("", "there is no way in but --demo yet: it makes keys for this machine only"))
    open_database(settings).dispose()
    refreshing = _refresh(path) if settings.service.refresh_on_start else None
    if refreshing is not None:
        refreshing.wait()
    _Server(settings, demo_keys(settings)).run()


def _refresh(path: Path) -> subprocess.Popen[bytes]:
    """Refresh in a process of its own: the model that embeds is not needed here, nor are its threads."""
    return subprocess.Popen(  # noqa: S603 -- this very program, with the path it was given
        [sys.executable, "-m", "sophia", "refresh", "--wait", "--config", str(path)]
    )


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, told what it needs to know by the settings."""

    def __init__(self, settings: Settings, keys: Mapping[str, str]) -> None:
        self._settings = settings
        self._keys = keys
        self._sophia: Sophia | None = None
        super().__init__()

    def load_config(self) -> None:
        service = self._settings.service
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
            "when_ready": lambda _: _print_welcome(self._settings, self._keys),
        }
        for name, value in options.items():
            self.cfg.set(name, value)
        if "control_socket_disable" in self.cfg.settings:
            # From gunicorn 25.1 on, servers of one user would share a socket by which they can be managed.
            self.cfg.set("control_socket_disable", True)  # noqa: FBT003

    def load(self) -> Flask:
        """The application of one worker, with its own threads: made after the fork."""
        self._sophia = demo_sophia(self._settings, self._keys)
        self._sophia.services.background.start()
        return create_app(self._sophia.services, loopback_only=True)

    def _close(self) -> None:
        """Finish what the worker has begun."""
        if self._sophia is not None:
            self._sophia.close()


def _print_welcome(settings: Settings, keys: Mapping[str, str]) -> None:
    url = f"http://{settings.service.host}:{settings.service.port}"
    click.echo(f"\nSOPHIA is at {url} (contract: {url}/docs). Ctrl-C ends it.\n")
    for company in settings.companies:
        key = keys[company.id]
        click.echo(f"{company.name or company.id}: access key {key}")
        for message in company.examples:
            body = json.dumps({"companyId": company.id, "message": message}, ensure_ascii=False)
            click.echo(
                f"  curl -s {url}/chat -H 'X-Agent-Access-Key: {key}' "
                f"-H 'Content-Type: application/json' -d {shlex.quote(body)}"
            )
        click.echo()
