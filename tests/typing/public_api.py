"""What a user's type checker sees; mypy reads this file, nothing runs it."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import assert_type

from sophia import Answer, Citation, RefreshOptions, Settings, Sophia
from sophia.domain.agents import AgentEvent, Spoken, Turn
from sophia.domain.refresh import Refresh
from sophia.domain.runs import RunEvent
from sophia.ports.agent_runtime import AgentRuntime, ToolBox


class Parrot(AgentRuntime):
    """An adapter as a third party writes it."""

    @property
    def version(self) -> str:
        """Its name."""
        return "parrot"

    def respond(self, turn: Turn, tools: ToolBox) -> Generator[AgentEvent]:
        """Say it again."""
        yield Spoken(turn.question, claim=False)


def use(path: Path) -> None:
    """The README's lines."""
    with Sophia.from_settings(path, runtime=Parrot()) as sophia:
        assert_type(sophia, Sophia)
        assert_type(sophia.settings, Settings)
        assert_type(sophia.refresh("acme", RefreshOptions(force=True)), Refresh)
        answer = sophia.ask("?", company="acme", user="ana")
        assert_type(answer, Answer)
        assert_type(answer.citations, tuple[Citation, ...])
        assert_type(sophia.stream("?", company="acme", thread=answer.thread_id), Iterator[RunEvent])
