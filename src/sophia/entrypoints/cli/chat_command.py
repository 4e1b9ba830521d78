"""``sophia chat``: a conversation on the terminal."""

import click

from sophia.bootstrap.settings import Settings
from sophia.bootstrap.sophia import Sophia
from sophia.domain.runs import MessageDelta, RunCancelled, RunCompleted, RunFailed, RunStarted
from sophia.entrypoints.cli.options import caller_options, one_company, quiet_logs
from sophia.entrypoints.cli.show import print_citations
from sophia.entrypoints.cli.terminal import Terminal
from sophia.errors import InvalidInput

__all__ = ["command"]


@click.command("chat")
@click.option("--thread", metavar="ID", help="Go on with a thread; a new one is begun when none is named.")
@caller_options
def command(thread: str | None, settings: Settings, company: str | None, user: str | None) -> None:
    """Talk to SOPHIA; an empty line or Ctrl-D ends it."""
    quiet_logs()
    console = Terminal()
    chosen = one_company(settings, company)
    with Sophia(settings) as sophia:
        sophia.scope(chosen, user)
        while question := _next_line():
            try:
                thread = _answer(console, sophia, question, chosen, user, thread)
            except InvalidInput as error:
                console.say_line(str(error), style="red")


def _next_line() -> str:
    try:
        return str(click.prompt(">", prompt_suffix=" ", default="", show_default=False)).strip()
    except click.Abort:
        return ""


def _answer(
    console: Terminal, sophia: Sophia, question: str, company: str, user: str | None, thread: str | None
) -> str | None:
    """Print an answer as it comes; the thread that it stands in."""
    for event in sophia.stream(question, company=company, user=user, thread=thread):
        match event:
            case RunStarted(_, thread_id):
                thread = thread_id
            case MessageDelta(text):
                console.say(text, end="")
            case RunCompleted(answer):
                console.print()
                print_citations(console, answer)
                console.print()
            case RunFailed(problem):
                console.say_line(problem.detail, style="red")
            case RunCancelled():
                console.say_line("cancelled", style="red")
    return thread
