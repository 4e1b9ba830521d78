"""``sophia threads``: a user's threads."""

import click

from sophia.bootstrap.settings import Settings
from sophia.bootstrap.sophia import Sophia
from sophia.entrypoints import contract
from sophia.entrypoints.cli.options import caller_options, json_option, one_company, quiet_logs
from sophia.entrypoints.cli.terminal import Terminal, safe_json

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
        click.echo(safe_json([contract.thread(t) for t in threads]))
        return
    console = Terminal()
    for thread in threads:
        console.say_line(f"{thread.id}  {thread.updated_at:%Y-%m-%d %H:%M}  {thread.title}")
