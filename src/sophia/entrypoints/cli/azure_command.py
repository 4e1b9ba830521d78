"""``sophia azure``: a company's agent and vector store at Azure AI Agents."""

import click

from sophia.application.provisioning import Compared
from sophia.bootstrap.provisioning import AzureServices
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.sophia import Sophia
from sophia.domain.tenancy import TenantScope
from sophia.entrypoints.cli.options import company_option, config_option, one_company, quiet_logs
from sophia.entrypoints.cli.terminal import Terminal
from sophia.errors import ConfigurationError, Fault

__all__ = ["command"]

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


@click.group("azure")
def command() -> None:
    """A company's agent and documents at Azure AI Agents: whether they are as SOPHIA would have them, and making it so.

    A turn brings its own instructions and tools along: these are what the agent is without SOPHIA, and its model.
    """


@command.command("status")
@config_option
@company_option
def status(settings: Settings, company: str | None) -> None:
    """Show how the agent and the vector store differ from what they are to be; change nothing.

    Exit code 1 where they do.
    """
    azure, scope = _open(settings, company)
    compared = azure.compare_agent(scope)
    _show(Terminal(), compared)
    if compared.drift:
        raise click.exceptions.Exit(1)


@command.command("sync")
@config_option
@company_option
def sync(settings: Settings, company: str | None) -> None:
    """Show how the agent and the vector store differ from what they are to be, and make them so."""
    azure, scope = _open(settings, company)
    _sync_agent(Terminal(), azure, scope, azure.compare_agent(scope))


@command.command("provision")
@config_option
@company_option
def provision(settings: Settings, company: str | None) -> None:
    """Make the agent, where no backend does, and print the ids to put into the company's settings.

    What was made before is found again and brought up to date.
    """
    if settings.backend.directory == "rest":
        told = 'the backend makes the agents of its companies and tells their ids (directory = "rest")'
        raise ConfigurationError(Fault("/backend/directory", told))
    azure, scope = _open(settings, company)
    compared, is_new = azure.provision_agent(scope, None)
    console = Terminal(stderr=True)
    if is_new:
        console.say_line(f"agent {compared.agent.id}: made, as {compared.wanted.version}")
    else:
        _sync_agent(console, azure, scope, compared)
    click.echo(f'azure_agent_id = "{compared.agent.id}"')


def _open(settings: Settings, company: str | None) -> tuple[AzureServices, TenantScope]:
    quiet_logs()
    sophia = Sophia(settings)
    return sophia.azure, sophia.system_scope(one_company(settings, company), "azure")


def _sync_agent(console: Terminal, azure: AzureServices, scope: TenantScope, compared: Compared) -> None:
    _show(console, compared)
    if compared.drift:
        azure.change_agent(scope, compared)
        console.say_line(f"agent {compared.agent.id}: changed, it is {compared.wanted.version} now")


def _show(console: Terminal, compared: Compared) -> None:
    agent, wanted = compared.agent, compared.wanted
    if not compared.drift:
        console.say_line(f"agent {agent.id}: is {wanted.version}, as it should be")
        return
    if compared.is_foreign:
        told = f"is no longer the {wanted.version} that SOPHIA made of it: somebody has changed it there"
    else:
        told = f"is {agent.version or 'of no version that is on record'}, and should be {wanted.version}"
    console.say_line(f"agent {agent.id}: {told}")
    for line in compared.drift:
        console.say_line(line, style=_STYLES.get(line[:1]))
