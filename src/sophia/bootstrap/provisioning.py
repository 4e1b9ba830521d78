"""What makes and changes companies' agents and vector stores at Azure: loaded for `sophia azure` alone."""

from attrs import frozen
from dependency_injector import containers, providers

from sophia.adapters.azure_agents.company_stores import CompanyStores
from sophia.adapters.azure_agents.company_stores import Compared as ComparedStore
from sophia.adapters.azure_agents.keeper import AzureAgentKeeper
from sophia.adapters.azure_agents.store_keeper import Progress as StoreProgress
from sophia.adapters.azure_agents.store_keeper import Report as StoreReport
from sophia.adapters.azure_agents.store_plan import Failure as StoreFailure
from sophia.application.provisioning import ChangeAgent, CompareAgent, DefineAgent, ProvisionAgent
from sophia.bootstrap.azure import agents_endpoint
from sophia.bootstrap.settings import Settings

__all__ = ["AzureServices", "ComparedStore", "Provisioning", "StoreFailure", "StoreProgress", "StoreReport"]


@frozen
class AzureServices:
    """What an operator can ask for at Azure, a company at a time.

    Attributes:
        stores: keeps the companies' vector stores.
        needs_store: whether a company needs one.
    """

    compare_agent: CompareAgent
    change_agent: ChangeAgent
    provision_agent: ProvisionAgent
    stores: CompanyStores
    needs_store: bool


class Provisioning(containers.DeclarativeContainer):
    """The use cases, on the adapters and the turns that they are given."""

    settings: providers.Provider[Settings] = providers.Dependency()
    adapters = providers.DependenciesContainer()
    turns = providers.DependenciesContainer()

    keeper = providers.Singleton(AzureAgentKeeper, providers.Singleton(agents_endpoint, settings), adapters.identity)
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
        stores=adapters.company_stores,
        needs_store=settings.provided.needs_vector_stores,
    )
