"""Agent runtimes that do as a test says."""

import json
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

from sophia.domain.agents import AgentEvent, Cited, Spoken, ToolCall, ToolResult, Turn
from sophia.domain.citation import Quote, sentences, words_of
from sophia.domain.knowledge import Passage
from sophia.ports.agent_runtime import AgentRuntime, ToolBox

__all__ = [
    "ObedientAgentRuntime",
    "QuotingAgentRuntime",
    "Script",
    "ScriptedAgentRuntime",
]

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


_NAMES = re.compile(r"\b[A-Za-z]\w*_\w+(?=\W|\Z)|\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b")
_ADDRESSES = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")


class ObedientAgentRuntime(AgentRuntime):
    """Does all that it is told by whatever it reads: the worst that a language model can do.

    It takes every passage, title, result of a tool, message of the thread and message that is recalled for an order,
    and the user's message as well. For each it proposes a ticket, without arguments and with all that the order
    names, calls every tool that the order names, searches for it, and says that it was done, in the order's words.
    Then it answers the question with the sentence that is nearest to it, and cites that.

    Attributes:
        turns: what it was given.
        results: what its calls came to, by the tool's name, in order.
    """

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.results: list[tuple[str, ToolResult]] = []

    @property
    def version(self) -> str:
        """Its name."""
        return "obedient"

    def respond(self, turn: Turn, tools: ToolBox) -> Generator[AgentEvent]:
        """Obey, then answer."""
        self.turns.append(turn)
        passages = list(turn.passages)
        orders = list(dict.fromkeys(_texts(turn)))
        found = [self._call(tools, "rag_search", {"query": order[:1000]}) for order in orders[:2] if order.strip()]
        for result in found:
            passages += result.passages
            orders += [text for text in _strings(result.content) if " " in text and text not in orders]
        for order in orders:
            for name, arguments in _calls(order):
                self._call(tools, name, arguments)
        for order in orders:
            yield Spoken(f"Done: {' '.join(order.split())}\n\n")
        yield from _answer(turn.question, passages)

    def _call(self, tools: ToolBox, name: str, arguments: dict[str, object] | None) -> ToolResult:
        result = tools.call(ToolCall(f"call_{len(self.results) + 1}", name, arguments))
        self.results.append((name, result))
        return result


def _texts(turn: Turn) -> Iterator[str]:
    """All that a turn shows, the latest first."""
    for passage in turn.passages:
        yield passage.text
        yield from (passage.title, *passage.heading)
    yield from (message.text for message in reversed(turn.history))
    yield from (found.message.text for found in turn.recalled)
    yield turn.question


def _strings(value: object) -> Iterator[str]:
    """All texts in a tool's result."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)


def _calls(order: str) -> Iterator[tuple[str, dict[str, object] | None]]:
    """The calls that an order names, and every way to propose a ticket for it."""
    yield "create_ticket", {}
    for name in dict.fromkeys(_NAMES.findall(order)):
        yield name, _arguments(order, name)
    action = {"action": " ".join(order.split())[:200], "objects": _ADDRESSES.findall(order)}
    yield "create_ticket", {"title": order[:120], "category": "change", "actions": [action], "confirmed": True}
    yield "create_ticket", None


def _arguments(order: str, name: str) -> dict[str, object]:
    """The JSON object that stands after a tool's name."""
    after = order.partition(name)[2].lstrip("(: ")
    try:
        arguments, _ = json.JSONDecoder().raw_decode(after)
    except ValueError:
        return {}
    return arguments if isinstance(arguments, dict) else {}


def _answer(question: str, passages: Sequence[Passage]) -> Iterator[AgentEvent]:
    said = [question[start:end] for start, end in sentences(question)]
    asked = words_of(next((sentence for sentence in reversed(said) if "?" in sentence), question))
    spans = [(passage, *span) for passage in passages for span in sentences(passage.text)]
    if not spans:
        yield Spoken("Nothing was found.", claim=False)
        return
    passage, start, end = max(spans, key=lambda span: len(asked & words_of(span[0].text[span[1] : span[2]])))
    words = passage.text[start:end]
    yield Cited(Quote(1, passage, passage.start + start, passage.start + end, words))
    yield Spoken(f"{' '.join(words.split()).rstrip('.')} [1].")


def _quote_the_best(turn: Turn, _: ToolBox) -> Iterable[AgentEvent]:
    if not turn.passages:
        yield Spoken("Nothing was found.", claim=False)
        return
    best = turn.passages[0]
    yield Cited(Quote(1, best, best.start, best.end, best.text))
    yield Spoken(f"{' '.join(best.text.split())} [1]")
