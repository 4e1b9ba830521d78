"""``sophia tickets``: what was handed over for a user."""

import json

import click
from rich.console import Console

from sophia.bootstrap.settings import Settings
from sophia.bootstrap.sophia import Sophia
from sophia.entrypoints import contract
from sophia.entrypoints.cli.options import caller_options, json_option, one_company, quiet_logs

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
        click.echo(json.dumps([contract.ticket(t) for t in tickets], ensure_ascii=False, indent=2))
        return
    console = Console(soft_wrap=True)
    for ticket in tickets:
        number = ticket.external_id or ticket.id
        stands = f"{ticket.status}, {ticket.state} (version {ticket.version})" if ticket.state else ticket.status
        line = f"{number}  {ticket.created_at:%Y-%m-%d %H:%M}  {ticket.target}  {stands}  {ticket.title}"
        console.print(line, markup=False, highlight=False)
        for said in filter(None, (ticket.reason, ticket.note)):
            # Of another's words nothing may command the terminal.
            shown = "".join(c if c.isprintable() else " " for c in said)
            console.print(f"    {shown}", style="dim", markup=False, highlight=False)
