"""What every `AgentRuntime` keeps."""

import re
from collections.abc import Sequence

import pytest
from attrs import evolve

from sophia.domain.agents import Cited, Limitation, Spoken, Tokens, ToolCall, ToolResult, ToolSpec, Turn
from sophia.domain.knowledge import Passage
from sophia.domain.runs import ToolStatus
from sophia.ports.agent_runtime import AgentRuntime, ToolBox

__all__ = ["AgentRuntimeContract", "NoTools", "make_passage"]

_MARKER = re.compile(r"\[(\d+)\]")


class NoTools(ToolBox):
    """A tool box with nothing in it, which knows what was spent."""

    tokens = Tokens()

    @property
    def specs(self) -> Sequence[ToolSpec]:
        return ()

    def call(self, call: ToolCall) -> ToolResult:
        return ToolResult(call.id, ToolStatus.FAILED, {"outcome": "failed", "reason": "there are no tools"})

    def check(self) -> None:
        """The turn goes on."""

    def spend(self, tokens: Tokens) -> None:
        """Add it up."""
        self.tokens += tokens


def make_passage(text: str, number: int = 1, title: str = "Access policy", start: int = 100) -> Passage:
    """A passage that fits a question well."""
    return Passage(
        chunk_id=f"doc_{number}:0",
        document_id=f"doc_{number}",
        document_version="sha256:0",
        source="docs",
        title=title,
        uri=f"file:///{number}.md",
        language="en",
        heading=("Passwords",),
        start=start,
        end=start + len(text),
        text=text,
        score=1.0,
        similarity=0.88,
        coverage=0.9,
    )


class AgentRuntimeContract:
    """Override ``runtime``, and ``turn`` with one that it answers from its passages."""

    @pytest.fixture
    def runtime(self) -> AgentRuntime:
        """The runtime under test."""
        raise NotImplementedError

    @pytest.fixture
    def turn(self) -> Turn:
        """A question that the passage answers."""
        passage = make_passage("Passwords are changed every ninety days. They have at least fourteen characters.")
        return Turn("thr_1", "run_1", "How often are passwords changed?", "en", passages=(passage,))

    def test_it_can_be_reached(self, runtime: AgentRuntime) -> None:
        runtime.check()

    def test_has_a_version(self, runtime: AgentRuntime) -> None:
        assert runtime.version

    def test_answers(self, runtime: AgentRuntime, turn: Turn) -> None:
        events = list(runtime.respond(turn, NoTools()))
        assert all(isinstance(event, Spoken | Cited | Limitation) for event in events)
        assert "".join(event.text for event in events if isinstance(event, Spoken)).strip()

    def test_quotes_stand_where_they_say(self, runtime: AgentRuntime, turn: Turn) -> None:
        quotes = [event.quote for event in runtime.respond(turn, NoTools()) if isinstance(event, Cited)]
        assert quotes
        for quote in quotes:
            passage = quote.passage
            assert passage in turn.passages
            assert passage.text[quote.start - passage.start : quote.end - passage.start] == quote.text

    def test_every_marker_has_its_quote(self, runtime: AgentRuntime, turn: Turn) -> None:
        events = list(runtime.respond(turn, NoTools()))
        text = "".join(event.text for event in events if isinstance(event, Spoken))
        cited = [event.quote.index for event in events if isinstance(event, Cited)]
        assert sorted(cited) == sorted(set(cited))
        assert {int(n) for n in _MARKER.findall(text)} == set(cited)

    def test_says_something_without_passages(self, runtime: AgentRuntime, turn: Turn) -> None:
        lonely = evolve(turn, passages=())
        events = list(runtime.respond(lonely, NoTools()))
        assert "".join(event.text for event in events if isinstance(event, Spoken)).strip()
        assert not any(isinstance(event, Cited) for event in events)

    def test_can_be_stopped(self, runtime: AgentRuntime, turn: Turn) -> None:
        reply = runtime.respond(turn, NoTools())
        next(reply)
        reply.close()
        with pytest.raises(StopIteration):
            next(reply)
