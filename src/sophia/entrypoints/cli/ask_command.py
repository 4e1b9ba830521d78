"""``sophia ask``: one question, one answer."""

import click

from sophia.bootstrap.settings import Settings
from sophia.bootstrap.sophia import Sophia
from sophia.entrypoints import contract
from sophia.entrypoints.cli.options import caller_options, json_option, one_company, quiet_logs
from sophia.entrypoints.cli.show import print_answer
from sophia.entrypoints.cli.terminal import Terminal, safe_json

__all__ = ["command"]


@click.command("ask")
@click.argument("question")
@click.option("--thread", metavar="ID", help="Go on with a thread; a new one is begun when none is named.")
@caller_options
@json_option
def command(
    question: str, thread: str | None, settings: Settings, company: str | None, user: str | None, as_json: bool
) -> None:
    """Ask QUESTION and print the answer with its citations."""
    quiet_logs()
    with Sophia(settings) as sophia:
        answer = sophia.ask(question, company=one_company(settings, company), user=user, thread=thread)
    if as_json:
        click.echo(safe_json(contract.answer(answer)))
    else:
        print_answer(Terminal(), answer)
