"""``sophia azure``: a company's agent and vector store at Azure AI Agents."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from sophia.application.provisioning import Compared
from sophia.bootstrap.settings import Settings
from sophia.bootstrap.sophia import Sophia
from sophia.domain.tenancy import TenantScope
from sophia.entrypoints.cli.options import company_option, config_option, one_company, quiet_logs
from sophia.entrypoints.cli.terminal import Terminal
from sophia.errors import ConfigurationError, Fault

if TYPE_CHECKING:
    from sophia.bootstrap.provisioning import AzureServices, ComparedStore, StoreFailure, StoreProgress, StoreReport

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
    console = Terminal()
    compared, store = azure.compare_agent(scope), azure.stores.compare(scope)
    _show_agent(console, compared)
    _show_store(console, azure, scope, store)
    if compared.drift or not (store is None or store.is_as_it_should_be):
        raise click.exceptions.Exit(1)


@command.command("sync")
@click.option("--retry", is_flag=True, help="Also try again what the vector store has refused for good.")
@config_option
@company_option
def sync(retry: bool, settings: Settings, company: str | None) -> None:
    """Show how the agent and the vector store differ from what they are to be, and make them so."""
    azure, scope = _open(settings, company)
    console = Terminal()
    compared, store = azure.compare_agent(scope), azure.stores.compare(scope, retry=retry)
    _show_agent(console, compared)
    _show_store(console, azure, scope, store)
    _change_agent(console, azure, scope, compared)
    if store is None or store.is_as_it_should_be:
        return
    if store.plan is None or not store.plan.is_empty:
        with _bars() as bars:
            report = azure.stores.keep(scope, store, bars)
        _show_report(console, azure, scope, store, report)
        if not (report.failures or report.waiting):
            return
    raise click.exceptions.Exit(1)


@command.command("provision")
@config_option
@company_option
def provision(settings: Settings, company: str | None) -> None:
    """Make the agent, where no backend does, and print the ids to put into the company's settings.

    Where the settings have a use for it, the vector store as well, which `sophia azure sync` fills. What was made
    before is found again.
    """
    if settings.backend.directory == "rest":
        told = 'the backend makes the agents of its companies and tells their ids (directory = "rest")'
        raise ConfigurationError(Fault("/backend/directory", told))
    azure, scope = _open(settings, company)
    store_id = azure.stores.provide(scope) if azure.needs_store else None
    compared, is_new = azure.provision_agent(scope, store_id)
    console = Terminal(stderr=True)
    if is_new:
        console.say_line(f"agent {compared.agent.id}: made, as {compared.wanted.version}")
    else:
        _show_agent(console, compared)
        _change_agent(console, azure, scope, compared)
    click.echo(f'azure_agent_id = "{compared.agent.id}"')
    if store_id is not None:
        click.echo(f'vector_store_id = "{store_id}"')


def _open(settings: Settings, company: str | None) -> "tuple[AzureServices, TenantScope]":
    quiet_logs()
    sophia = Sophia(settings)
    return sophia.azure, sophia.system_scope(one_company(settings, company), "azure")


def _change_agent(console: Terminal, azure: "AzureServices", scope: TenantScope, compared: Compared) -> None:
    if compared.drift:
        azure.change_agent(scope, compared)
        console.say_line(f"agent {compared.agent.id}: changed, it is {compared.wanted.version} now")


def _show_agent(console: Terminal, compared: Compared) -> None:
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


def _show_store(console: Terminal, azure: "AzureServices", scope: TenantScope, store: "ComparedStore | None") -> None:
    if store is None:
        console.say_line("vector store: none, as the directory names no vector_store_id")
        return
    plan = store.plan
    if plan is None:
        told = "has expired or is gone; `sophia azure sync` puts another in its place"
        console.say_line(f"vector store {store.store_id}: {told}")
        return
    whose = _store_name(store.store_id, plan.store.id)
    if store.is_as_it_should_be:
        console.say_line(f"{whose}: holds {plan.kept} document{'s' * (plan.kept != 1)}, as it should")
        return
    to_do = {"to upload": plan.upload, "to take in": plan.attach, "to remove": (*plan.gone, *plan.replaced)}
    counts = [f"{len(files)} {what}" for what, files in to_do.items() if files]
    refused = [f"{len(plan.failures)} refused"] if plan.failures else []
    console.say_line(f"{whose}: {', '.join([*counts, *refused, f'{plan.kept} as they should be'])}")
    _name_failures(console, azure, scope, plan.failures)


def _show_report(
    console: Terminal, azure: "AzureServices", scope: TenantScope, store: "ComparedStore", report: "StoreReport"
) -> None:
    counts = {
        "uploaded": report.uploaded,
        "taken in": report.indexed,
        "removed": report.removed,
        "refused": len(report.failures),
        "not done with in time": report.waiting,
    }
    told = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    console.say_line(f"{_store_name(store.store_id, report.store.id)}: {told or 'nothing to put there'}")
    _name_failures(console, azure, scope, report.failures)
    if report.waiting:
        console.say_line("Azure goes on with what it had not done with: look again with `sophia azure status`")
    if store.plan is None:
        console.say_line(f'the directory should name it: vector_store_id = "{report.store.id}"')


def _store_name(named: str, used: str) -> str:
    return f"vector store {used}" if used == named else f"vector store {used} (in place of {named})"


def _name_failures(
    console: Terminal, azure: "AzureServices", scope: TenantScope, failures: "tuple[StoreFailure, ...]"
) -> None:
    for failure in failures:
        name = azure.stores.name_of(scope, failure.document_id)
        console.say_line(f"  ! {name}: {failure.reason}", style="yellow")


class _Bars:
    """Shows how far each step is, as it is told."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, told: "StoreProgress") -> None:
        """Take in how far it is."""
        if told.step not in self._tasks:
            self._tasks[told.step] = self._progress.add_task(told.step)
        self._progress.update(self._tasks[told.step], completed=told.done, total=told.total)


@contextmanager
def _bars() -> Iterator[_Bars]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Terminal(stderr=True)) as progress:
        yield _Bars(progress)
