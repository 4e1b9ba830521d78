"""``sophia tickets``: what was handed over for a user."""

import click

from sophia.bootstrap.settings import Settings
from sophia.bootstrap.sophia import Sophia
from sophia.entrypoints import contract
from sophia.entrypoints.cli.options import caller_options, json_option, one_company, quiet_logs
from sophia.entrypoints.cli.terminal import Terminal, safe_json

__all__ = ["command"]


@click.command("tickets")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@caller_options
@json_option
def command(limit: int, settings: Settings, company: str | None, user: str | None, as_json: bool) -> None:
    """List the tickets of a user, newest first."""
    quiet_logs()
    sophia = Sophia(settings)
    tickets = sophia.services.list_tickets(sophia.scope(one_company(settings, company), user), limit).items
    if as_json:
        click.echo(safe_json([contract.ticket(t) for t in tickets]))
        return
    console = Terminal()
    for ticket in tickets:
        number = ticket.external_id or ticket.id
        stands = f"{ticket.status}, {ticket.state} (version {ticket.version})" if ticket.state else ticket.status
        line = f"{number}  {ticket.created_at:%Y-%m-%d %H:%M}  {ticket.target}  {stands}  {ticket.title}"
        console.say_line(line)
        for said in filter(None, (ticket.reason, ticket.note)):
            console.say_line(f"    {said}", style="dim")
