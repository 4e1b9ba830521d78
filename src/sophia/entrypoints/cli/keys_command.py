"""``sophia keys``: the access keys of a company's instance."""

import json
import re
import sys
from datetime import UTC, datetime, timedelta

import click
from rich.console import Console
from rich.table import Table

from sophia.bootstrap.settings import Settings
from sophia.bootstrap.sophia import Sophia
from sophia.domain.access_keys import AccessKey, key_digest
from sophia.domain.tenancy import TenantScope
from sophia.entrypoints.cli.options import company_option, config_option, json_option, one_company, quiet_logs

__all__ = ["command"]

_expires = click.option(
    "--days", type=click.IntRange(1, 3650), help="Good for so many days; without it, until revoked."
)


@click.group("keys")
def command() -> None:
    """The access keys by which a backend's services speak to a company's instance."""


@command.command("create")
@_expires
@config_option
@company_option
@json_option
def create(days: int | None, settings: Settings, company: str | None, as_json: bool) -> None:
    """Make a key and print it, this once."""
    sophia, scope = _open(settings, company)
    created = sophia.services.create_key(scope, _until(days))
    if as_json:
        click.echo(json.dumps({**_shown(created.key), "key": created.secret.reveal()}, indent=2))
    else:
        click.echo(created.secret.reveal())
        click.echo(f"key {created.key.id} of {scope.company_id}; it is not shown again", err=True)


@command.command("import")
@_expires
@config_option
@company_option
def take_over(days: int | None, settings: Settings, company: str | None) -> None:
    """Let in a key that the backend made: the key, or its SHA-256 in hexadecimal digits, on standard input."""
    sophia, scope = _open(settings, company)
    given = click.prompt("Key", hide_input=True) if sys.stdin.isatty() else sys.stdin.read().strip()
    digest = given.lower() if re.fullmatch("[0-9a-fA-F]{64}", given) else _digest_of(given)
    key = sophia.services.import_key(scope, digest, _until(days))
    click.echo(f"key {key.id} of {scope.company_id}", err=True)


@command.command("list")
@config_option
@company_option
@json_option
def list_keys(settings: Settings, company: str | None, as_json: bool) -> None:
    """List the keys of a company, oldest first."""
    sophia, scope = _open(settings, company)
    keys = sophia.services.list_keys(scope)
    if as_json:
        click.echo(json.dumps([_shown(key) for key in keys], indent=2))
        return
    table = Table("key", "state", "made", "expires", "last used")
    for key in keys:
        table.add_row(key.id, _state(key), *map(_day, (key.created_at, key.expires_at, key.last_used_at)))
    Console(soft_wrap=True).print(table)


@command.command("revoke")
@click.argument("key_id", metavar="KEY")
@config_option
@company_option
def revoke(key_id: str, settings: Settings, company: str | None) -> None:
    """Let nobody in by a key any more; KEY is its name in the list, not the key itself."""
    sophia, scope = _open(settings, company)
    sophia.services.revoke_key(scope, key_id)
    click.echo(f"revoked {key_id}", err=True)


def _open(settings: Settings, company: str | None) -> tuple[Sophia, TenantScope]:
    quiet_logs()
    sophia = Sophia(settings)
    return sophia, sophia.system_scope(one_company(settings, company), "keys")


def _digest_of(key: str) -> str:
    # 22 characters of base64 hold 128 bits; what is shorter can be guessed.
    return key_digest(key) if len(key) >= 22 else ""  # noqa: PLR2004


def _until(days: int | None) -> datetime | None:
    return None if days is None else datetime.now(UTC) + timedelta(days=days)


def _state(key: AccessKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "good" if key.is_good(datetime.now(UTC)) else "expired"


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "–"


def _shown(key: AccessKey) -> dict[str, object]:
    times = {"createdAt": key.created_at, "expiresAt": key.expires_at, "lastUsedAt": key.last_used_at}
    return {"id": key.id, "state": _state(key), **{name: at and at.isoformat() for name, at in times.items()}}
