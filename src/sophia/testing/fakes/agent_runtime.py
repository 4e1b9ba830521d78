"""Agent runtimes that do as a test says."""

from collections.abc import Callable, Generator, Iterable, Sequence

from sophia.domain.agents import AgentEvent, Cited, Spoken, Turn
from sophia.domain.citation import Quote
from sophia.errors import Unavailable
from sophia.ports.agent_runtime import AgentRuntime, ToolBox

__all__ = ["FailingAgentRuntime", "QuotingAgentRuntime", "Script", "ScriptedAgentRuntime"]

Script = Callable[[Turn, ToolBox], Iterable[AgentEvent]]
"""What a scripted runtime says in a turn."""


class ScriptedAgentRuntime(AgentRuntime):
    """Plays a script, and remembers the turns that it was given."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.turns: list[Turn] = []

    @property
    def version(self) -> str:
        """Its name."""
        return "scripted"

    def respond(self, turn: Turn, tools: ToolBox) -> Generator[AgentEvent]:
        """Play the script."""
        self.turns.append(turn)
        yield from self._script(turn, tools)


class QuotingAgentRuntime(ScriptedAgentRuntime):
    """Quotes the best passage whole, or says that there is none."""

    def __init__(self) -> None:
        super().__init__(_quote_the_best)


class FailingAgentRuntime(AgentRuntime):
    """Says a few words and then does not answer any more."""

    def __init__(self, words: Sequence[str] = ()) -> None:
        self._words = words

    @property
    def version(self) -> str:
        """Its name."""
        return "failing"

    def respond(self, turn: Turn, tools: ToolBox) -> Generator[AgentEvent]:  # noqa: ARG002
        """Fail."""
        for word in self._words:
            yield Spoken(word)
        raise Unavailable("model", "does not answer")


def _quote_the_best(turn: Turn, _: ToolBox) -> Iterable[AgentEvent]:
    if not turn.passages:
        yield Spoken("Nothing was found.", claim=False)
        return
    best = turn.passages[0]
    yield Cited(Quote(1, best, best.start, best.end, best.text))
    yield Spoken(f"{' '.join(best.text.split())} [1]")
