"""Runtimes whose libraries take long to load: made here, so that who does not choose them does not wait for them."""

from typing import TYPE_CHECKING

from attrs import evolve

from sophia.adapters.foundry.project import Project
from sophia.adapters.model.limits import Limits
from sophia.adapters.openai.endpoint import Endpoint
from sophia.application.credentials import Credentials
from sophia.bootstrap.credentials import named_credential
from sophia.errors import ConfigurationError, Fault
from sophia.ports.agent_runtime import AgentRuntime
from sophia.ports.records import Records

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

__all__ = ["open_foundry", "open_model"]


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
    project: Project, identity: "TokenCredential", records: Records, limits: Limits, default_language: str
) -> AgentRuntime:
    """The runtime of an agent at Microsoft Foundry.

    Raises:
        ConfigurationError: the project's address cannot be used, or the packages are not installed.
    """
    try:
        from sophia.adapters.foundry.runtime import FoundryAgentRuntime  # noqa: PLC0415 - a second
    except ImportError as error:
        raise ConfigurationError(Fault("/agent/runtime", "`foundry` needs: pip install 'sophia[azure]'")) from error
    return FoundryAgentRuntime(project, identity, records, limits, default_language=default_language)
