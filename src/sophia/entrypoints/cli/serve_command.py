"""``sophia serve``: the HTTP API."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import click

from sophia.bootstrap.demo_systems import DemoSystems, Emulated
from sophia.bootstrap.logs import log_to_stderr, logs_are_json
from sophia.bootstrap.process import share_processors
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.settings_file import load_settings
from sophia.bootstrap.telemetry import check_telemetry, counting_together
from sophia.errors import ConfigurationError, Fault

if TYPE_CHECKING:
    from sophia.bootstrap.demo import Demo

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
@click.option("--demo", is_flag=True, help="Make keys and a backend to try it out with, from this machine only.")
@click.option("--no-wait", is_flag=True, help="Serve at once; what the refresh takes in is found as it comes.")
def command(path: Path, demo: bool, no_wait: bool) -> None:
    """Serve the HTTP API, after bringing the knowledge of every company up to date."""
    settings = load_settings(path)
    log_to_stderr(settings.logs)
    _check_address(settings)
    check_telemetry(settings)
    if settings.credentials_named:
        _check_credentials(settings)
    share_processors()
    with counting_together():
        _serve(settings, path, demo=demo, no_wait=no_wait)


def _serve(settings: Settings, path: Path, *, demo: bool, no_wait: bool) -> None:
    systems = DemoSystems(settings) if demo else None
    emulated = None if systems is None else systems.emulated
    refreshing = _refresh(path, settings, emulated, quiet=no_wait) if settings.service.refresh_on_start else None
    # Loaded while the refresh is under way: what serves takes a while to load.
    from sophia.bootstrap.database import open_database  # noqa: PLC0415
    from sophia.bootstrap.demo import Demo  # noqa: PLC0415
    from sophia.bootstrap.sophia import Sophia  # noqa: PLC0415
    from sophia.entrypoints.http.server import Server  # noqa: PLC0415

    owner = os.getpid()
    # Whoever ends this process means the refresh, too; gunicorn sets handlers of its own later.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    trial = None
    try:
        open_database(settings).dispose()
        if emulated is not None:
            trial = Demo(settings, _url(settings), emulated)
            server = Server(settings.service, trial.sophia, _welcome(settings, trial), trial.companies)
        else:
            server = Server(settings.service, partial(Sophia, settings), f"Serving {_url(settings)}/\n")
        if refreshing is not None and not no_wait:
            refreshing.wait()
        server.run()
    finally:
        # Workers are forks of this process and leave through here as well.
        if os.getpid() == owner:
            if trial is not None:
                trial.stop()
            if refreshing is not None:
                refreshing.terminate()
                refreshing.wait()
            if systems is not None:
                systems.stop()


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


def _check_credentials(settings: Settings) -> None:
    # They take a while to load, which only those wait for who need them.
    from sophia.bootstrap.credentials import check_credentials  # noqa: PLC0415
    from sophia.bootstrap.sophia import Sophia  # noqa: PLC0415

    check_credentials(settings, Sophia(settings).credentials)


def _refresh(path: Path, settings: Settings, emulated: Emulated | None, *, quiet: bool) -> subprocess.Popen[bytes]:
    """Refresh in a process of its own: the model that embeds is not needed here, nor are its threads."""
    more = ["--logs"] if logs_are_json(settings.logs) else []
    if emulated is not None:
        more.append("--emulated")
    process = subprocess.Popen(  # noqa: S603 -- this very program, with the path it was given
        [sys.executable, "-m", "sophia", "refresh", "--wait", *more, "--config", str(path)],
        stdin=None if emulated is None else subprocess.PIPE,
        stderr=subprocess.DEVNULL if quiet and "--logs" not in more else None,
    )
    if emulated is not None:
        with cast(IO[bytes], process.stdin) as stdin:
            stdin.write(f"{emulated.wire}\n".encode())
    return process


def _url(settings: Settings) -> str:
    return f"http://{settings.service.host}:{settings.service.port}"


def _welcome(settings: Settings, trial: "Demo") -> str:
    url = _url(settings)
    lines = ["", f"Open {url}/ to chat (contract: {url}/docs). Ctrl-C ends it.", ""]
    if trial.backend is not None:
        lines += [f"Open {trial.backend.url}/ to see what is handed over, and to answer it.", ""]
    for company in trial.companies:
        lines.append(f"{company.name}: access key {company.key}")
        for message in company.examples:
            body = json.dumps({"companyId": company.id, "message": message}, ensure_ascii=False)
            lines.append(
                f"  curl -s {url}/chat -H 'X-Agent-Access-Key: {company.key}' "
                f"-H 'Content-Type: application/json' -d {shlex.quote(body)}"
            )
        lines.append("")
    return "\n".join(lines)
