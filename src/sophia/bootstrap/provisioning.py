"""What makes and changes companies' agents at Azure; of the commands, `sophia azure` alone needs it."""

from attrs import frozen
from dependency_injector import containers, providers

from sophia.application.provisioning import ChangeAgent, CompareAgent, DefineAgent, ProvisionAgent
from sophia.bootstrap.azure import open_agent_keeper
from sophia.bootstrap.settings import Settings

__all__ = ["AzureServices", "Provisioning"]


@frozen
class AzureServices:
    """What an operator can ask for at Azure, a company at a time."""

    compare_agent: CompareAgent
    change_agent: ChangeAgent
    provision_agent: ProvisionAgent


class Provisioning(containers.DeclarativeContainer):
    """The use cases, on the adapters and the turns that they are given."""

    settings: providers.Provider[Settings] = providers.Dependency()
    adapters = providers.DependenciesContainer()
    turns = providers.DependenciesContainer()

    keeper = providers.Singleton(open_agent_keeper, settings, adapters.identity)
    define = providers.Singleton(
        DefineAgent,
        turns.agent,
        turns.look_up,
        settings.provided.agent.azure.file_search,
        settings.provided.agent.azure.model,
    )
    services = providers.Singleton(
        AzureServices,
        compare_agent=providers.Singleton(CompareAgent, keeper, adapters.directory, define),
        change_agent=providers.Singleton(ChangeAgent, keeper, adapters.records),
        provision_agent=providers.Singleton(ProvisionAgent, keeper, adapters.directory, define, adapters.records),
    )
