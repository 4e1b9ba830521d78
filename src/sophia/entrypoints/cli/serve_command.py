"""``sophia serve``: the HTTP API."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sophia.bootstrap.key_files import check_key_files
from sophia.bootstrap.logs import log_to_stderr, logs_are_json
from sophia.bootstrap.process import share_processors
from sophia.bootstrap.settings import Settings, load_settings
from sophia.bootstrap.telemetry import check_telemetry, counting_together
from sophia.errors import ConfigurationError, Fault

if TYPE_CHECKING:
    from sophia.bootstrap.demo import DemoBackend

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
@click.option("--no-wait", is_flag=True, help="Serve at once; what the refresh takes in is found as it comes.")
def command(path: Path, demo: bool, no_wait: bool) -> None:
    """Serve the HTTP API, after bringing the knowledge of every company up to date."""
    settings = load_settings(path)
    log_to_stderr(settings.logs)
    if not demo:
        raise ConfigurationError(Fault("", "there is no way in but --demo yet: it makes keys for this machine only"))
    _check_address(settings)
    check_telemetry(settings)
    check_key_files(settings)
    share_processors()
    with counting_together():
        _serve(settings, path, no_wait=no_wait)


def _serve(settings: Settings, path: Path, *, no_wait: bool) -> None:
    refreshing = _refresh(path, settings, quiet=no_wait) if settings.service.refresh_on_start else None
    # Loaded while the refresh is under way: what serves takes a while to load.
    from sophia.bootstrap.database import open_database  # noqa: PLC0415
    from sophia.bootstrap.demo import (  # noqa: PLC0415
        DemoBackend,
        demo_companies,
        demo_keys,
        demo_sophia,
        demo_webhook_secrets,
    )
    from sophia.entrypoints.http.server import DemoServer  # noqa: PLC0415

    open_database(settings).dispose()
    keys = demo_keys(settings)
    owner = os.getpid()
    # Whoever ends this process means the refresh, too; gunicorn sets handlers of its own later.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    backend = None
    try:
        webhook_secrets = demo_webhook_secrets(settings)
        if not settings.backend.base_url:
            backend = DemoBackend(settings, _url(settings), webhook_secrets)
            settings = backend.settings
        if refreshing is not None and not no_wait:
            refreshing.wait()
        make = partial(demo_sophia, settings, keys, webhook_secrets)
        DemoServer(settings.service, make, _welcome(settings, keys, backend), demo_companies(settings, keys)).run()
    finally:
        # Workers are forks of this process and leave through here as well.
        if os.getpid() == owner:
            if backend is not None:
                backend.stop()
            if refreshing is not None:
                refreshing.terminate()
                refreshing.wait()


def _check_address(settings: Settings) -> None:
    """Say at once what would come to light only when everything else is done."""
    host, port = settings.service.host, settings.service.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        detail = f"cannot listen on {host}:{port}: {error.strerror}; another is set by SOPHIA__SERVICE__PORT"
        raise ConfigurationError(Fault("/service/port", detail)) from error


def _refresh(path: Path, settings: Settings, *, quiet: bool) -> subprocess.Popen[bytes]:
    """Refresh in a process of its own: the model that embeds is not needed here, nor are its threads."""
    logs = ["--logs"] if logs_are_json(settings.logs) else []
    return subprocess.Popen(  # noqa: S603 -- this very program, with the path it was given
        [sys.executable, "-m", "sophia", "refresh", "--wait", *logs, "--config", str(path)],
        stderr=subprocess.DEVNULL if quiet and not logs else None,
    )


def _url(settings: Settings) -> str:
    return f"http://{settings.service.host}:{settings.service.port}"


def _welcome(settings: Settings, keys: Mapping[str, str], backend: "DemoBackend | None") -> str:
    url = _url(settings)
    lines = ["", f"Open {url}/ to chat (contract: {url}/docs). Ctrl-C ends it.", ""]
    if backend is not None:
        lines += [f"Open {backend.url}/ to see what is handed over, and to answer it.", ""]
    for company in settings.companies:
        lines.append(f"{company.name or company.id}: access key {keys[company.id]}")
        for message in company.examples:
            body = json.dumps({"companyId": company.id, "message": message}, ensure_ascii=False)
            lines.append(
                f"  curl -s {url}/chat -H 'X-Agent-Access-Key: {keys[company.id]}' "
                f"-H 'Content-Type: application/json' -d {shlex.quote(body)}"
            )
        lines.append("")
    return "\n".join(lines)
