"""Where the service is, and what a turn may ask of it."""

from attrs import frozen

__all__ = ["Endpoint", "Limits"]


@frozen
class Endpoint:
    """A project of Azure AI Foundry.

    Attributes:
        url: ``https://<account>.services.ai.azure.com/api/projects/<project>``.
        timeout: seconds without a byte after which a connection is taken to be dead.
        file_search: whether a company that has a vector store is answered from it, and not by ``rag_search``, unless
            the directory tells otherwise of it.
    """

    url: str
    api_version: str = "v1"
    timeout: float = 60.0
    file_search: bool = False


@frozen
class Limits:
    """What one turn may cost.

    Attributes:
        steps: times that the agent goes on after it has called tools.
        tokens: that it may write.
        context: tokens that the question may hold, with what is shown beside it, and as many each result of a tool.
        history: messages of the thread that the agent sees.
        seconds: for the whole turn.
        queue: seconds that a run may wait to be begun.
        concurrent: turns at once; others wait.
        messages: that a thread at the service may hold before another carries on; the service takes 100,000.
        tools: that the service takes.
    """

    steps: int = 8
    tokens: int = 4_000
    context: int = 24_000
    history: int = 24
    seconds: float = 300.0
    queue: float = 60.0
    concurrent: int = 32
    messages: int = 90_000
    tools: int = 128
