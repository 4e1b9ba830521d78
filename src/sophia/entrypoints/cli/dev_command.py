"""``sophia dev``: stand-ins for what SOPHIA works with."""

import signal
import time

import click

from sophia.bootstrap.emulated_azure import EmulatedAzure
from sophia.bootstrap.settings import Settings
from sophia.entrypoints.cli.options import config_option
from sophia.errors import Unavailable

__all__ = ["command"]

_LOOK = 0.5  # seconds


@click.group("dev")
def command() -> None:
    """Stand-ins for what SOPHIA works with, to try it out: on this machine, and in memory."""


@command.command("azure")
@config_option
def azure(settings: Settings) -> None:
    """Emulate Azure AI Agents, Entra ID and Key Vault where the settings have them on this machine. Ctrl-C ends it.

    The "model" searches the documents and quotes the sentence that is nearest to the question.
    """
    emulated = EmulatedAzure(settings)
    for number in (signal.SIGINT, signal.SIGTERM):  # also where a script has started it in the background
        signal.signal(number, signal.default_int_handler)
    try:
        _tell(settings)
        while not emulated.is_over:
            time.sleep(_LOOK)
    except KeyboardInterrupt:
        return
    finally:
        emulated.stop()
    raise Unavailable("the emulated Azure", "has ended")


def _tell(settings: Settings) -> None:
    click.echo("Azure is emulated, in memory, until Ctrl-C:")
    click.echo(f"  AI Agents  {settings.agent.azure.endpoint}")
    click.echo(f"  Entra ID   {settings.azure.authority}")
    if settings.credentials.vault == "key-vault":
        click.echo(f"  Key Vault  {settings.credentials.vault_url}")
    click.echo("Anything of SOPHIA's with the same --config works with it; in another terminal: sophia serve")
