"""Runtimes whose libraries take long to load: made here, so that who does not choose them does not wait for them."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from sophia.adapters.foundry.project import Project
from sophia.adapters.model.limits import Limits
from sophia.adapters.openai.endpoint import Endpoint
from sophia.adapters.telemetry import Telemetry
from sophia.adapters.telemetry.observed import ObservedService
from sophia.application.credentials import Credentials
from sophia.application.erase_remote_threads import EraseRemoteThreads
from sophia.bootstrap.azure import open_agents
from sophia.bootstrap.credentials import named_credential
from sophia.bootstrap.settings import Settings
from sophia.errors import ConfigurationError, Fault
from sophia.ports.agent_runtime import AgentRuntime, ThreadKeeper
from sophia.ports.identity import TenantDirectory
from sophia.ports.records import Records
from sophia.ports.system import Clock

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from sophia.adapters.foundry.runtime import FoundryAgentRuntime

__all__ = ["open_erasers", "open_foundry", "open_keepers", "open_model"]


def open_model(
    endpoint: Endpoint, credential: str, credentials: Credentials, limits: Limits, default_language: str
) -> AgentRuntime:
    """The runtime of a model behind an OpenAI-compatible endpoint.

    Raises:
        ConfigurationError: the endpoint's address cannot be used.
    """
    from sophia.adapters.openai.runtime import OpenAIAgentRuntime  # noqa: PLC0415 - half a second

    key = named_credential(credentials, credential) if credential else None
    return OpenAIAgentRuntime(evolve(endpoint, key=key), limits, default_language=default_language)


def open_foundry(
    settings: Settings, identity: "TokenCredential", records: Records, telemetry: Telemetry
) -> "FoundryAgentRuntime":
    """The runtime of an agent at Microsoft Foundry.

    Raises:
        ConfigurationError: the project's address cannot be used, or the packages are not installed.
    """
    try:
        from sophia.adapters.foundry.runtime import FoundryAgentRuntime  # noqa: PLC0415 - a second
    except ImportError as error:
        raise ConfigurationError(Fault("/agent/runtime", "`foundry` needs: pip install 'sophia[azure]'")) from error
    foundry = settings.agent.foundry
    project = Project(
        foundry.endpoint, foundry.model, foundry.agent, foundry.temperature, foundry.timeout, foundry.concurrent
    )
    return FoundryAgentRuntime(
        project,
        identity,
        records,
        foundry.limits,
        default_language=settings.service.language,
        figures=ObservedService(telemetry.metrics, "foundry"),
    )


def open_keepers(
    settings: Settings,
    identity: Callable[[], "TokenCredential"],
    directory: TenantDirectory,
    records: Records,
    telemetry: Telemetry,
) -> tuple[ThreadKeeper, ...]:
    """The services that keep threads for ours; one that words no answers any more, while the settings still name it.

    Raises:
        ConfigurationError: as for their runtimes.
    """
    keepers = list[ThreadKeeper]()
    if settings.agent.azure.endpoint:
        keepers.append(open_agents(settings, identity(), directory, records, telemetry))
    if settings.agent.foundry.endpoint:
        keepers.append(open_foundry(settings, identity(), records, telemetry))
    return tuple(keepers)


def open_erasers(records: Records, keepers: Sequence[ThreadKeeper], clock: Clock) -> tuple[EraseRemoteThreads, ...]:
    """What erases at each of these services the threads whose own thread was erased here."""
    return tuple(EraseRemoteThreads(records, keeper, clock) for keeper in keepers)
