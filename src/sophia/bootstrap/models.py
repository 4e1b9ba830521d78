"""Runtimes whose libraries take long to load: made here, so that who does not choose them does not wait for them."""

from attrs import evolve

from sophia.adapters.openai.endpoint import Endpoint, Limits
from sophia.bootstrap.credentials import PlatformCredential
from sophia.ports.agent_runtime import AgentRuntime
from sophia.ports.vault import PlatformVault

__all__ = ["open_model"]


def open_model(
    endpoint: Endpoint, credential: str, vault: PlatformVault, limits: Limits, default_language: str
) -> AgentRuntime:
    """The runtime of a model behind an OpenAI-compatible endpoint.

    Raises:
        ConfigurationError: the endpoint's address cannot be used.
    """
    from sophia.adapters.openai.runtime import OpenAIAgentRuntime  # noqa: PLC0415 - half a second

    key = PlatformCredential(vault, credential) if credential else None
    return OpenAIAgentRuntime(evolve(endpoint, key=key), limits, default_language=default_language)
