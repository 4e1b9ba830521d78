"""``sophia migrate``: the tables of the database."""

import click

from sophia.bootstrap.database import migrate_database
from sophia.bootstrap.settings import Settings
from sophia.entrypoints.cli.options import config_option, quiet_logs

__all__ = ["command"]


@click.command("migrate")
@click.option("--grant", "role", metavar="ROLE", help="The role of Postgres that SOPHIA itself works as.")
@config_option
def command(role: str | None, settings: Settings) -> None:
    """Bring the tables up to date. On Postgres run it as their owner, by SOPHIA__DATABASE__URL."""
    quiet_logs()
    migrate_database(settings, role)
    click.echo("the tables are up to date", err=True)
