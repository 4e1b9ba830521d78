"""What speaks to Azure: its libraries take a while to load, and who does not choose it need not have them."""

from pathlib import Path
from typing import TYPE_CHECKING

from sophia.adapters.azure_agents.endpoint import Endpoint, Limits
from sophia.adapters.telemetry import Telemetry
from sophia.adapters.telemetry.observed import ObservedService
from sophia.bootstrap.settings import Settings
from sophia.errors import ConfigurationError, Fault
from sophia.ports.identity import TenantDirectory
from sophia.ports.knowledge_index import KnowledgeIndex
from sophia.ports.records import Records

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from sophia.adapters.azure_agents.company_stores import CompanyStores
    from sophia.adapters.azure_agents.runtime import AzureAgentsRuntime
    from sophia.adapters.key_vault.vault import KeyVault

__all__ = [
    "AZURE_MISSING",
    "agents_endpoint",
    "open_agents",
    "open_azure_index",
    "open_company_stores",
    "open_identity",
    "open_key_vault",
]

_CONNECTIONS = 8  # that stay open to where the vector stores are
AZURE_MISSING = "this needs: pip install 'sophia[azure]'"


def open_identity(settings: Settings) -> "TokenCredential":
    """Who SOPHIA is to Azure, as ``[azure]`` says: one object a process, whose tokens all that asks Azure shares.

    Raises:
        ConfigurationError: it cannot be used, or the packages are not installed.
    """
    try:
        from sophia.adapters.azure_identity.credential import Identity, make_credential  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(Fault("/azure", AZURE_MISSING)) from error
    azure = settings.azure
    certificate = settings.directory / azure.certificate if azure.certificate else None
    identity = Identity(
        azure.identity, azure.client_id, azure.tenant_id, certificate, azure.authority, _ca_file(settings)
    )
    return make_credential(identity)


def open_agents(
    settings: Settings,
    identity: "TokenCredential",
    directory: TenantDirectory,
    records: Records,
    telemetry: Telemetry,
) -> "AzureAgentsRuntime":
    """The runtime of the companies' own agents at Azure AI Agents.

    Raises:
        ConfigurationError: the package is not installed, or the endpoint's address cannot be used.
    """
    try:
        from sophia.adapters.azure_agents.runtime import AzureAgentsRuntime  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(Fault("/agent/runtime", AZURE_MISSING)) from error
    azure = settings.agent.azure
    endpoint = agents_endpoint(settings)
    limits = Limits(
        steps=azure.max_steps,
        tokens=azure.max_tokens,
        seconds=azure.max_seconds,
        queue=azure.queue_seconds,
        concurrent=azure.concurrent,
    )
    return AzureAgentsRuntime(
        endpoint,
        identity,
        directory,
        records,
        limits,
        default_language=settings.service.language,
        figures=ObservedService(telemetry.metrics, "azure-agents"),
    )


def open_company_stores(
    settings: Settings,
    identity: "TokenCredential",
    directory: TenantDirectory,
    records: Records,
    telemetry: Telemetry,
) -> "CompanyStores":
    """What keeps the companies' vector stores, at the endpoint of ``[agent.azure]``.

    Raises:
        ConfigurationError: the package is not installed, or the endpoint's address cannot be used.
    """
    try:
        from sophia.adapters.azure_agents.company_stores import CompanyStores  # noqa: PLC0415
        from sophia.adapters.azure_agents.store_keeper import StoreLimits  # noqa: PLC0415
        from sophia.adapters.azure_agents.vector_stores import VectorStores  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(Fault("/agent/azure", AZURE_MISSING)) from error
    figures = ObservedService(telemetry.metrics, "azure-stores")
    stores = VectorStores(agents_endpoint(settings), identity, _CONNECTIONS, figures=figures)
    limits = StoreLimits(patience=settings.knowledge.azure.batch_seconds)
    return CompanyStores(stores, directory, records, limits)


def open_azure_index(own: KnowledgeIndex, stores: "CompanyStores", records: Records) -> KnowledgeIndex:
    """The index that keeps the companies' vector stores; its packages are there, as the stores are open."""
    from sophia.adapters.azure_agents.index import AzureKnowledgeIndex  # noqa: PLC0415

    return AzureKnowledgeIndex(own, stores, records)


def open_key_vault(settings: Settings, identity: "TokenCredential") -> "KeyVault":
    """The vault in Azure that the settings name.

    Raises:
        ConfigurationError: the packages, or the certificates of an emulator, are not there.
    """
    try:
        from sophia.adapters.key_vault.vault import KeyVault  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(Fault("/credentials/vault", AZURE_MISSING)) from error
    return KeyVault(settings.credentials.vault_url, identity, _ca_file(settings))


def agents_endpoint(settings: Settings) -> Endpoint:
    """Where Azure AI Agents is."""
    azure = settings.agent.azure
    return Endpoint(azure.endpoint, azure.api_version, azure.timeout, azure.file_search)


def _ca_file(settings: Settings) -> Path | None:
    """Certificates that the SDK would miss at each request only."""
    file = settings.azure_ca_file
    if file is not None and not file.is_file():
        raise ConfigurationError(Fault("/azure/ca_file", f"there is no file {file}; `sophia dev azure` writes it"))
    return file
