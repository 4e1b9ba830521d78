"""What the "model" of the emulated Azure AI Agents service does, leg by leg.

A run is played in legs: one when it is created, one more each time that tool outputs are submitted. A test gives the
legs in order, or a function that decides on them::

    with AzureAgentsEmulator([calls(Call("rag_search", {"query": "backups"})), says("Nightly [1].")]) as azure: ...
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from attrs import field, frozen

from sophia.testing.emulators.openai import numbered

__all__ = [
    "Act",
    "Asked",
    "Call",
    "Cut",
    "Expire",
    "Fail",
    "Incomplete",
    "Leg",
    "Model",
    "Say",
    "Search",
    "Stall",
    "Stick",
    "StreamError",
    "calls",
    "says",
]


@frozen
class Say:
    """The model says something, ``size`` characters a delta, or in these pieces; seconds of pause before each.

    A marker such as 【4:0†source】 is annotated with the file of that result of the search before it, in the delta that
    holds its end.
    """

    text: str | tuple[str, ...]
    size: int = 7
    pause: float = 0.0

    @property
    def pieces(self) -> tuple[str, ...]:
        """The deltas."""
        if isinstance(self.text, tuple):
            return self.text
        return tuple(self.text[at : at + self.size] for at in range(0, len(self.text), self.size))


@frozen
class Call:
    """The model asks for a function; several in a row are asked for at once. Arguments in pieces are sent so."""

    name: str
    arguments: Mapping[str, object] | str | tuple[str, ...] = field(factory=dict, hash=False)
    id: str = ""


@frozen
class Search:
    """The model searches the vector stores of its agent (``file_search``); the best results, best first."""

    query: str
    limit: int = 5


@frozen
class Stall:
    """Nothing comes for a while (seconds)."""

    seconds: float


@frozen
class Cut:
    """The connection ends in the middle of an event; the run goes on."""


@frozen
class Fail:
    """The run fails: ``thread.run.failed``."""

    code: str = "server_error"
    message: str = "Sorry, something went wrong."


@frozen
class Incomplete:
    """The run ends early: ``thread.run.incomplete``."""

    reason: str = "content_filter"


@frozen
class StreamError:
    """An ``error`` event; the run has failed."""

    message: str = "The server had an error while processing your request."


@frozen
class Stick:
    """The run stays queued, until it is cancelled or expires. Has to come first."""


@frozen
class Expire:
    """The run expires."""


Act: TypeAlias = Say | Call | Search | Stall | Cut | Fail | Incomplete | StreamError | Stick | Expire


@frozen
class Leg:
    """What the model does, and what each of its steps costs (prompt, completion).

    Attributes:
        lost: names of events that do not come.
        doubled: names of events that come twice.
    """

    acts: tuple[Act, ...]
    tokens: tuple[tuple[int, int], ...] = ((100, 10),)
    lost: frozenset[str] = frozenset()
    doubled: frozenset[str] = frozenset()


@frozen
class Asked:
    """What the model is asked to go on from.

    Attributes:
        run: the run, as the wire has it.
        messages: of the thread, oldest first, each with ``role`` and ``text``.
        outputs: what came of the tools that were asked for in the leg before, by id.
    """

    run: Mapping[str, Any] = field(hash=False)
    messages: tuple[Mapping[str, str], ...] = field(hash=False)
    outputs: Mapping[str, str] = field(factory=dict, hash=False)

    @property
    def passages(self) -> list[dict[str, Any]]:
        """The numbered passages that the last message and the outputs show, each an object with ``n`` and ``text``."""
        texts = [self.messages[-1]["text"], *self.outputs.values()]
        return [found for text in texts for found in numbered(text)]

    @property
    def tools(self) -> list[str]:
        """The names of the functions that there are."""
        return [tool["function"]["name"] for tool in self.run["tools"] if tool["type"] == "function"]


Model = Callable[[Asked], Leg]
"""What a model does when it is asked."""


def says(text: str | tuple[str, ...]) -> Leg:
    """The model says something and ends."""
    return Leg((Say(text),))


def calls(*tools: Call) -> Leg:
    """The model asks for functions, all at once."""
    return Leg(tools)
