"""``sophia credentials``: the secrets that SOPHIA works with."""

import sys

import click

from sophia.bootstrap.settings import Settings
from sophia.bootstrap.sophia import Sophia
from sophia.domain.secrets import Secret
from sophia.entrypoints.cli.options import company_option, config_option, one_company, quiet_logs
from sophia.ports.vault import PlatformVault

__all__ = ["command"]

_platform = click.option("--platform", is_flag=True, help="In the platform's own vault, not a company's.")


@click.group("credentials")
def command() -> None:
    """Keep the secrets that SOPHIA works with. They are never printed."""


@command.command("set")
@click.argument("name", metavar="CATEGORY/NAME")
@_platform
@config_option
@company_option
def set_credential(name: str, platform: bool, settings: Settings, company: str | None) -> None:
    """Keep a secret, read from standard input (asked for at a terminal): one line."""
    quiet_logs()
    category, _, name = name.partition("/")
    sophia = Sophia(settings)
    if sys.stdin.isatty():
        secret = Secret(click.prompt("Secret", hide_input=True, confirmation_prompt=True))
    else:
        secret = Secret(sys.stdin.read().rstrip("\r\n"))
    if platform:
        sophia.platform_vault.put(category, name, secret)
    else:
        sophia.set_credential(one_company(settings, company), category, name, secret)
    click.echo(f"kept {category}/{name}", err=True)


@command.command("list")
@_platform
@config_option
@company_option
def list_credentials(platform: bool, settings: Settings, company: str | None) -> None:
    """List the names of the secrets there are."""
    quiet_logs()
    sophia = Sophia(settings)
    vault: PlatformVault = sophia.platform_vault
    names = vault.names() if platform else sophia.credential_names(one_company(settings, company))
    for category, name in names:
        click.echo(f"{category}/{name}")
