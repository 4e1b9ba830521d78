"""``sophia audit``: the trail of what happened."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from sophia.bootstrap.settings import Settings
from sophia.bootstrap.sophia import Sophia
from sophia.domain.audit import Head, entry_from_json, entry_to_json
from sophia.domain.tenancy import TenantScope
from sophia.entrypoints.cli.options import company_option, config_option, one_company, quiet_logs
from sophia.errors import Fault, InvalidInput

__all__ = ["command"]


_platform = click.option("--platform", is_flag=True, help="The platform's own trail: sign-ins that were refused.")


@click.group("audit")
def command() -> None:
    """The audit trail: a chain for each company, in which each entry holds the hash of the one before."""


@command.command("verify")
@click.option(
    "--noted",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Entries that were exported before (JSON lines): a trail that was cut or written anew shows beside them.",
)
@_platform
@config_option
@company_option
def verify(noted: Path | None, platform: bool, settings: Settings, company: str | None) -> None:
    """Look for entries that were changed, removed, inserted or put in another order; exit code 1 where there are."""
    sophia, scope = _open(settings, company, platform)
    heads = tuple(_heads(noted)) if noted else ()
    whole = True
    for broken in sophia.services.verify_trail(scope, heads):
        click.echo(f"{scope.company_id}: {broken.sequence} {broken.detail}")
        whole = False
    if not whole:
        raise click.exceptions.Exit(1)
    beside = f", and agrees with {len(heads)} that were noted" if heads else ""
    click.echo(f"{scope.company_id}: the audit trail is whole{beside}", err=True)


@command.command("export")
@click.option("--after", default=0, show_default=True, type=click.IntRange(0), help="Only entries after this sequence.")
@_platform
@config_option
@company_option
def export(after: int, platform: bool, settings: Settings, company: str | None) -> None:
    """Print the entries as JSON lines, in order."""
    sophia, scope = _open(settings, company, platform)
    for entry in sophia.services.read_trail(scope, after):
        click.echo(json.dumps(entry_to_json(entry), ensure_ascii=False))


def _open(settings: Settings, company: str | None, platform: bool) -> tuple[Sophia, TenantScope]:
    if platform and company is not None:
        raise click.UsageError("--platform and --company name two trails; name one")
    quiet_logs()
    sophia = Sophia(settings)
    if platform:
        return sophia, sophia.platform_scope("audit")
    return sophia, sophia.system_scope(one_company(settings, company), "audit")


def _heads(path: Path) -> Iterator[Head]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield entry_from_json(json.loads(line)).head
            except ValueError as error:
                raise InvalidInput(Fault(f"/{number}", f"line {number} of {path}: {error}")) from error
