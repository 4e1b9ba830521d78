"""``sophia threads``: a user's threads."""

import json

import click
from rich.console import Console

from sophia.bootstrap.settings import Settings
from sophia.bootstrap.sophia import Sophia
from sophia.entrypoints import contract
from sophia.entrypoints.cli.options import caller_options, json_option, one_company, quiet_logs

__all__ = ["command"]


@click.command("threads")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@click.option("--delete", "doomed", metavar="ID", help="Erase this thread and all that was drawn from it.")
@caller_options
@json_option
def command(
    limit: int, doomed: str | None, settings: Settings, company: str | None, user: str | None, as_json: bool
) -> None:
    """List the threads of a user, newest first."""
    quiet_logs()
    sophia = Sophia(settings)
    scope = sophia.scope(one_company(settings, company), user)
    if doomed is not None:
        sophia.services.delete_thread(scope, doomed)
        return
    threads = sophia.services.list_threads(scope, limit).items
    if as_json:
        click.echo(json.dumps([contract.thread(t) for t in threads], ensure_ascii=False, indent=2))
        return
    console = Console(soft_wrap=True)
    for thread in threads:
        console.print(f"{thread.id}  {thread.updated_at:%Y-%m-%d %H:%M}  {thread.title}", markup=False, highlight=False)
