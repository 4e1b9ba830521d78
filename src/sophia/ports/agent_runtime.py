"""Whoever words the answer: a model somewhere, or no model at all."""

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Protocol

from sophia.domain.agents import AgentEvent, Tokens, ToolCall, ToolResult, ToolSpec, Turn

__all__ = ["AgentRuntime", "ThreadKeeper", "ToolBox"]


class ToolBox(Protocol):
    """The tools of one turn. Each call is authorised, bounded and recorded before its result is seen."""

    @property
    def specs(self) -> Sequence[ToolSpec]:
        """The tools there are."""
        ...

    def call(self, call: ToolCall) -> ToolResult:
        """Run a tool; several threads may. An unknown name, bad arguments or a refusal come back as a result.

        Raises:
            Cancelled: the run was cancelled; stop.
        """
        ...

    def call_all(self, calls: Sequence[ToolCall]) -> Sequence[ToolResult]:
        """Run tools side by side, each as ``call`` does; the results come in the order of the calls."""
        if len(calls) < 2:  # noqa: PLR2004 - alone it needs no thread
            return [self.call(call) for call in calls]
        with ThreadPoolExecutor(len(calls), "tools") as pool:
            running = [pool.submit(copy_context().run, self.call, call) for call in calls]
            return [one.result() for one in running]

    def check(self) -> None:
        """Pass while the turn may go on. Whoever waits for something else than a tool asks several times a second.

        Raises:
            Cancelled: the run was cancelled; stop.
        """

    def spend(self, tokens: Tokens) -> None:
        """Count what a model has cost, as soon as that is known; it adds up, and is counted however the turn ends."""


class AgentRuntime(Protocol):
    """Plays one turn of a conversation."""

    @property
    def version(self) -> str:
        """Names what answers, for the record."""
        ...

    def check(self) -> None:
        """Pass when what words the answer can be reached; asks nothing that costs. Inherited, it passes.

        Raises:
            Unavailable: it cannot.
        """
        return  # an empty body would make it abstract

    def respond(self, turn: Turn, tools: ToolBox) -> Generator[AgentEvent]:
        """The reply, as it comes: text, and the quotes behind its markers. What it costs is told to the tool box.

        Every marker ``[n]`` in the text has one `Cited` with that index, and each quote is of a
        passage of the turn or of a tool result. Closing the generator stops the work.

        Raises:
            Unavailable: what words the answer does not answer.
        """
        ...


class ThreadKeeper(Protocol):
    """A service outside that keeps threads for ours, see `sophia.ports.records.RemoteThreads`."""

    @property
    def service(self) -> str:
        """The name under which its threads are kept in the records."""
        ...

    def erase(self, remote_id: str) -> None:
        """Erase one of its threads; one that is gone is erased.

        Raises:
            Unavailable: it may still be there; try again.
        """
        ...
