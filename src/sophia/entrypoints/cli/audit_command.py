"""``sophia audit``: the trail of what happened."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from sophia.bootstrap.settings import Settings
from sophia.bootstrap.sophia import Sophia
from sophia.domain.audit import entry_from_json, entry_to_json
from sophia.domain.checkpoints import checkpoint_from_json, checkpoint_to_json
from sophia.domain.tenancy import TenantScope
from sophia.entrypoints.cli.options import company_option, config_option, one_company, quiet_logs
from sophia.errors import Fault, InvalidInput

__all__ = ["command"]

T = TypeVar("T")


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
@click.option(
    "--checkpoints",
    "kept",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Checkpoints that were kept elsewhere (JSON lines), of any companies.",
)
@click.option(
    "--key",
    type=click.File(encoding="utf-8"),
    help="The public key of the checkpoints as `sophia audit key` has printed it; else the platform's vault is asked.",
)
@_platform
@config_option
@company_option
def verify(
    noted: Path | None,
    kept: Path | None,
    key: TextIO | None,
    platform: bool,
    settings: Settings,
    company: str | None,
) -> None:
    """Look for entries that were changed, removed, inserted or put in another order; exit code 1 where there are."""
    sophia, scope = _open(settings, company, platform)
    heads = tuple(_lines(noted, lambda data: entry_from_json(data).head)) if noted else ()
    checkpoints = tuple(_lines(kept, checkpoint_from_json)) if kept else ()
    whole = True
    for broken in sophia.services.verify_trail(scope, heads, checkpoints, key.read() if key else None):
        click.echo(f"{scope.company_id}: {broken.sequence} {broken.detail}")
        whole = False
    if not whole:
        raise click.exceptions.Exit(1)
    count = len(heads) + sum(checkpoint.head.company_id == scope.company_id for checkpoint in checkpoints)
    beside = f", and agrees with {count} that were noted" if count else ""
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


@command.command("checkpoint")
@config_option
@company_option
def checkpoint(settings: Settings, company: str | None) -> None:
    """Sign how far the trails are and print it as JSON lines: of one company, or of all and the platform's own.

    Keep the lines where whoever could change the database cannot.
    """
    quiet_logs()
    sophia = Sophia(settings)
    every = (*sophia.system_scopes("audit"), sophia.platform_scope("audit"))
    for scope in every if company is None else (sophia.system_scope(company, "audit"),):
        if made := sophia.services.make_checkpoint(scope):
            click.echo(json.dumps(checkpoint_to_json(made), ensure_ascii=False))


@command.command("key")
@config_option
def key(settings: Settings) -> None:
    """Print the public key of the checkpoints."""
    quiet_logs()
    click.echo(Sophia(settings).checkpoint_key, nl=False)


def _open(settings: Settings, company: str | None, platform: bool) -> tuple[Sophia, TenantScope]:
    if platform and company is not None:
        raise click.UsageError("--platform and --company name two trails; name one")
    quiet_logs()
    sophia = Sophia(settings)
    if platform:
        return sophia, sophia.platform_scope("audit")
    return sophia, sophia.system_scope(one_company(settings, company), "audit")


def _lines(path: Path, read: Callable[[Any], T]) -> Iterator[T]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield read(json.loads(line))
            except ValueError as error:
                raise InvalidInput(Fault(f"/{number}", f"line {number} of {path}: {error}")) from error
