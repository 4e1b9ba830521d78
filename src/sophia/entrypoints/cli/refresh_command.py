"""``sophia refresh``: bring knowledge up to its sources."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from sophia.application.refresh_work import OnProgress
from sophia.bootstrap.logs import log_to_stderr
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.sophia import Sophia
from sophia.domain.refresh import Refresh, RefreshOptions, RefreshStatus
from sophia.entrypoints.cli.options import company_option, config_option, quiet_logs
from sophia.entrypoints.cli.show import print_refresh, refresh_bars
from sophia.entrypoints.cli.terminal import Terminal
from sophia.errors import CompanySuspended, NotFound, RefreshInProgress

__all__ = ["command"]


@click.command("refresh")
@click.option("--source", "sources", multiple=True, metavar="NAME", help="Only this source; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Say what would be done and what it would cost; change nothing.")
@click.option("--force", is_flag=True, help="Take every document in anew, whatever its fingerprint says.")
@click.option("--wait", is_flag=True, help="Where a refresh is under way already, wait for it and then begin.")
@click.option("--logs", is_flag=True, help="Write log lines in place of progress, as `serve` does.")
@click.option("--emulated", is_flag=True, hidden=True, help="Systems are emulated; stdin says where.")
@config_option
@company_option
def command(
    sources: tuple[str, ...],
    dry_run: bool,
    force: bool,
    wait: bool,
    logs: bool,
    emulated: bool,
    settings: Settings,
    company: str | None,
) -> None:
    """Read the sources of one company, or of all, and take in what is new or changed."""
    if logs:
        log_to_stderr(settings.logs)
    else:
        quiet_logs()
    console = Terminal(stderr=True, quiet=logs)
    options = RefreshOptions(sources, force, dry_run)
    known = [c.id for c in settings.companies]
    if company is not None and company not in known and settings.backend.directory == "file":
        raise NotFound("company", company)
    failed = False
    with _ended_once(), _sophia(settings, emulated) as sophia:
        for company_id in known if company is None else [company]:
            try:
                with refresh_bars(console, company_id) as bars:
                    refresh = _refresh(sophia, company_id, options, bars, console if wait else None)
            except CompanySuspended as error:
                if company is not None:
                    raise
                console.say_line(f"{company_id}: left out: {error}")
                continue
            print_refresh(console, company_id, refresh)
            unread = refresh.report is not None and any(not failure.external_id for failure in refresh.report.failures)
            failed = failed or unread or refresh.status is RefreshStatus.FAILED
    if failed:
        raise click.exceptions.Exit(1)


def _sophia(settings: Settings, emulated: bool) -> Sophia:
    if not emulated:
        return Sophia(settings)
    from sophia.bootstrap.demo import emulating  # noqa: PLC0415 -- for `serve --demo` alone
    from sophia.bootstrap.demo_systems import Emulated  # noqa: PLC0415

    return emulating(settings, Emulated.from_wire(sys.stdin.readline()))


@contextmanager
def _ended_once() -> Iterator[None]:
    """Be interrupted by SIGTERM as by Ctrl-C, and by the first of them only: what was begun is then ended in peace."""
    signals = (signal.SIGINT, signal.SIGTERM)

    def interrupt(*_: object) -> None:
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _refresh(
    sophia: Sophia, company: str, options: RefreshOptions, bars: OnProgress, waiting: Terminal | None
) -> Refresh:
    """Refresh, after whatever refresh is under way where there is a console to say so on."""
    told = False
    while True:
        try:
            return sophia.refresh(company, options, bars)
        except RefreshInProgress as error:
            if waiting is None:
                raise
            if not told:
                waiting.say_line(f"{company}: {error}; waiting for its end")
                told = True
            time.sleep(0.5)
