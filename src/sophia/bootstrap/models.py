"""Runtimes whose libraries take long to load: made here, so that who does not choose them does not wait for them."""

from sophia.adapters.openai.endpoint import Endpoint, Limits
from sophia.ports.agent_runtime import AgentRuntime

__all__ = ["open_model"]


def open_model(endpoint: Endpoint, limits: Limits, default_language: str) -> AgentRuntime:
    """The runtime of a model behind an OpenAI-compatible endpoint.

    Raises:
        ConfigurationError: the endpoint's key file cannot be used.
    """
    from sophia.adapters.openai.runtime import OpenAIAgentRuntime  # noqa: PLC0415 - half a second

    return OpenAIAgentRuntime(endpoint, limits, default_language=default_language)
