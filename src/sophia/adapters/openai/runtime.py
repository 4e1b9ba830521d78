"""The runtime that lets a model word the answer, from the passages that it is shown and the tools that it is given."""

from collections.abc import Generator, Sequence

from sophia.adapters.http.transport import Check
from sophia.adapters.model.limits import Limits
from sophia.adapters.model.reply import Delta
from sophia.adapters.model.runtime import Dialogue, ModelAgentRuntime, Step
from sophia.adapters.openai.client import ChatClient
from sophia.adapters.openai.endpoint import Endpoint
from sophia.adapters.openai.translate import WireMessage, calls_message, result_message, tool, turn_messages
from sophia.adapters.prompts import size
from sophia.domain.agents import ToolCall, ToolResult, Turn
from sophia.domain.citing import Citing
from sophia.ports.agent_runtime import ToolBox

__all__ = ["OpenAIAgentRuntime"]

_LIMITS = Limits()


class OpenAIAgentRuntime(ModelAgentRuntime):
    """Plays a turn with a model behind an OpenAI-compatible endpoint (chat completions, streamed).

    What it does when the model fails: see `ModelAgentRuntime`.

    Args:
        endpoint: where the model is.
        limits: what a turn may cost.
        default_language: in which it speaks when it does not speak the turn's.
        backoff: seconds before the first retry.

    Raises:
        ConfigurationError: plain HTTP to another machine.
    """

    def __init__(
        self, endpoint: Endpoint, limits: Limits = _LIMITS, *, default_language: str = "es", backoff: float = 0.5
    ) -> None:
        super().__init__(endpoint.model, "agent.openai", limits, default_language, backoff)
        self._client = ChatClient(endpoint)

    @property
    def version(self) -> str:
        """Names what answers, for the record."""
        return f"openai-1 ({self._model})"

    def check(self) -> None:
        """Pass when the endpoint answers to its key."""
        self._client.check()

    def _open(self, turn: Turn, tools: ToolBox, citing: Citing, _: Check) -> Dialogue:
        return _Chat(self._client, turn, [tool(spec) for spec in tools.specs], citing, self._limits)


class _Chat(Dialogue):
    """All that is said in a turn, sent whole with each step."""

    def __init__(
        self, client: ChatClient, turn: Turn, tools: list[WireMessage], citing: Citing, limits: Limits
    ) -> None:
        self._client = client
        self._tools = tools
        self._number = citing.number
        self._room = limits.context - limits.longest - size(*tools)
        self._messages = turn_messages(turn, citing.number, self._room)

    @property
    def size(self) -> int:
        return size(*self._messages)

    def ask(self, step: Step) -> Generator[Delta]:
        offered = [] if step.is_last else self._tools  # at last it has to answer
        return self._client.stream(self._messages, offered, step.tokens, step.check)

    def tell(self, text: str, calls: Sequence[tuple[str, ToolCall]], results: Sequence[ToolResult]) -> None:
        self._messages.append(calls_message(text, calls))
        for (wire_id, _), result in zip(calls, results, strict=True):
            self._messages.append(result_message(wire_id, result, self._number, self._room - self.size))
