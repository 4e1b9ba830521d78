"""``sophia``: the commands."""

from importlib import import_module
from typing import Any

import click

from sophia.entrypoints.cli.terminal import one_line
from sophia.errors import SophiaError

__all__ = ["COMMANDS", "cli"]

COMMANDS = {
    "serve": "Serve the HTTP API.",
    "ask": "Ask one question and print the answer with its citations.",
    "chat": "Talk to SOPHIA.",
    "refresh": "Take in what is new or changed in the sources.",
    "threads": "List the threads of a user.",
    "evidence": "Show what a look-up has found, and look it up again.",
    "tickets": "List the tickets of a user.",
    "keys": "The access keys of a company's instance.",
    "credentials": "Keep the secrets that SOPHIA works with.",
    "azure": "A company's agent and documents at Azure AI Agents.",
    "doctor": "Check configuration, credentials, endpoints and knowledge.",
    "migrate": "Bring the tables of the database up to date.",
    "audit": "The trail of what happened.",
    "eval": "Measure SOPHIA on labelled data.",
    "dev": "Stand-ins for what SOPHIA works with, to try it out.",
}


class _Commands(click.Group):
    """Loads a command's module when it is used, and turns SOPHIA's errors into one line and exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"sophia.entrypoints.cli.{cmd_name}_command").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        # click's own would load every command for its first line.
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SophiaError as error:
            click.echo(f"sophia: {one_line(str(error))}", err=True)
            ctx.exit(1)


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sophia")
def cli() -> None:
    """SOPHIA answers security questions from a company's own documents and hands action over."""
