"""Runtimes whose libraries take long to load: made here, so that who does not choose them does not wait for them."""

from attrs import evolve

from sophia.adapters.model.limits import Limits
from sophia.adapters.openai.endpoint import Endpoint
from sophia.application.credentials import Credentials
from sophia.bootstrap.credentials import named_credential
from sophia.ports.agent_runtime import AgentRuntime

__all__ = ["open_model"]


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
