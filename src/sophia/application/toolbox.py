"""The tools of a turn: what an agent may ask for, and what it is told."""

import contextvars
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait

from attrs import frozen
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from sophia.application.handoff import HandoffOutcome
from sophia.application.retrieve import Retrieve
from sophia.application.run_log import RunLog
from sophia.application.wording import wording
from sophia.domain.agents import ToolCall, ToolResult, ToolSpec
from sophia.domain.handoff import Decision
from sophia.domain.knowledge import Passage
from sophia.domain.runs import ToolCallRecord, ToolFinished, ToolStarted, ToolStatus
from sophia.domain.tenancy import TenantScope
from sophia.errors import SophiaError, Unavailable
from sophia.ports.agent_runtime import ToolBox
from sophia.ports.embedder import Embedder

__all__ = ["TOOLS", "ToolLimits", "TurnToolBox"]

_POLL = 0.2  # seconds after which a turn that waits for a tool looks whether it is to stop
_LONGEST_FAULT = 300

_RAG_SEARCH = ToolSpec(
    "rag_search",
    "Search the company's own documents. Returns passages; cite them by their number.",
    {
        "type": "object",
        "properties": {"query": {"type": "string", "minLength": 1, "maxLength": 1000}},
        "required": ["query"],
        "additionalProperties": False,
    },
)

_CREATE_TICKET = ToolSpec(
    "create_ticket",
    "Propose to hand the user's request for action over. SOPHIA decides by the user's own words and tells the outcome.",
    {"type": "object", "properties": {}, "additionalProperties": False},
)

TOOLS = (_RAG_SEARCH.name, _CREATE_TICKET.name)
"""The names of the tools that an agent can be given."""


@frozen
class ToolLimits:
    """What an agent may ask of its tools in one turn.

    Attributes:
        seconds: for one call; a tool that takes longer is not waited for.
        calls: of any kind.
        mistakes: calls of tools that there are not, or with arguments that they do not take.
    """

    seconds: float = 10.0
    calls: int = 16
    mistakes: int = 4


class TurnToolBox(ToolBox):
    """Runs the tools of one turn. Nothing that an agent passes in makes a ticket: the user's words have decided.

    Args:
        offered: the names of the tools that the agent may ask for.
        propose: what has come of the user's words, and so of an agent's wish for a ticket.
        record: keeps that a tool was run, before the agent hears what it has found.

    Attributes:
        calls: the calls of tools that there are, as the answer tells of them.
        passages: what the tools have found, for the answer to be made from.
        limitations: the tools that gave no result, in the user's language.
    """

    def __init__(
        self,
        scope: TenantScope,
        retrieve: Retrieve,
        embedder: Embedder,
        propose: Callable[[], HandoffOutcome],
        record: Callable[[ToolCallRecord], None],
        log: RunLog,
        language: str,
        offered: Sequence[str] = TOOLS,
        limits: ToolLimits = ToolLimits(),
    ) -> None:
        self._scope = scope
        self._retrieve = retrieve
        self._embedder = embedder
        self._propose = propose
        self._record = record
        self._log = log
        self._words = wording(language)
        self._limits = limits
        tools = ((_RAG_SEARCH, self._rag_search), (_CREATE_TICKET, self._create_ticket))
        self._tools = {spec.name: (spec, tool) for spec, tool in tools if spec.name in offered}
        self._asked = 0
        self._mistakes = 0
        self.calls: list[ToolCallRecord] = []
        self.passages: list[Passage] = []
        self.limitations: list[str] = []

    @property
    def specs(self) -> Sequence[ToolSpec]:
        """The tools there are."""
        return tuple(spec for spec, _ in self._tools.values())

    def check(self) -> None:
        """Pass while the turn may go on."""
        self._log.check()

    def call(self, call: ToolCall) -> ToolResult:
        """Run a tool, telling the run's log of it."""
        self.check()
        if self._asked >= self._limits.calls or self._mistakes >= self._limits.mistakes:
            return _failed(call, "no more tools in this turn; answer with what there is")
        self._asked += 1
        if call.name not in self._tools:
            self._mistakes += 1
            return _failed(call, f"there is no tool {call.name[:80]!r}; there are {', '.join(self._tools)}")
        spec, tool = self._tools[call.name]
        self._log.add(ToolStarted(call.id, call.name))
        began = time.monotonic()
        if fault := _fault(spec, call):
            self._mistakes += 1
            result = _failed(call, fault)
        else:
            try:
                result = self._run(tool, call)
            except SophiaError:  # the turn is to stop; the tool was run all the same
                self._record(ToolCallRecord(call.name, ToolStatus.FAILED, _since(began)))
                raise
        ran = ToolCallRecord(call.name, result.status, _since(began))
        self._record(ran)
        self.passages += result.passages
        self.calls.append(ran)
        self._log.add(ToolFinished(call.id, result.status))
        return result

    def _run(self, tool: Callable[[ToolCall], ToolResult], call: ToolCall) -> ToolResult:
        """Run a tool in a thread of its own: one that hangs is left behind, and a cancelled turn does not wait."""
        ended = Future[ToolResult]()

        def work() -> None:
            try:
                ended.set_result(tool(call))
            except BaseException as error:  # noqa: BLE001 - raised again where the result is awaited
                ended.set_exception(error)

        threading.Thread(
            target=contextvars.copy_context().run, args=(work,), name=f"tool-{call.name}", daemon=True
        ).start()
        until = time.monotonic() + self._limits.seconds
        while not wait([ended], timeout=max(0.0, min(_POLL, until - time.monotonic()))).done:
            self.check()
            if time.monotonic() >= until:
                return self._without(call, f"timed out after {self._limits.seconds:g} s")
        try:
            return ended.result()
        except Unavailable as error:
            return self._without(call, str(error))

    def _without(self, call: ToolCall, reason: str) -> ToolResult:
        told = self._words.tool_failed(call.name, reason)
        if told not in self.limitations:
            self.limitations.append(told)
        return _failed(call, reason)

    def _rag_search(self, call: ToolCall) -> ToolResult:
        query = str((call.arguments or {})["query"])
        if not query.strip():
            return _failed(call, "the query is empty")
        passages = self._retrieve(self._scope, query, self._embedder.embed_query(query))
        return ToolResult(call.id, ToolStatus.COMPLETED, {"passages": [_told(p) for p in passages]}, passages)

    def _create_ticket(self, call: ToolCall) -> ToolResult:
        outcome = self._propose()
        if not outcome.handoffs:
            told: dict[str, object] = {"outcome": "refused", "reason": self._words.reason(outcome.decision.reason)}
            return ToolResult(call.id, ToolStatus.DENIED, told)
        made = outcome.handoffs[0]
        status = ToolStatus.COMPLETED if made.decision is Decision.HANDED_OFF else ToolStatus.DENIED
        told = {"outcome": made.decision, "reason": made.reason, "ticket": made.ticket_id}
        return ToolResult(call.id, status, told)


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _told(passage: Passage) -> dict[str, object]:
    return {"id": passage.chunk_id, "title": passage.title, "heading": list(passage.heading), "text": passage.text}


def _fault(spec: ToolSpec, call: ToolCall) -> str:
    """What is wrong with a call's arguments, for the agent to do better; empty where nothing is."""
    if call.arguments is None:
        return "the arguments are no JSON object"
    error = best_match(Draft202012Validator(spec.parameters).iter_errors(call.arguments))
    return f"{error.json_path}: {error.message}"[:_LONGEST_FAULT] if error else ""


def _failed(call: ToolCall, reason: str) -> ToolResult:
    return ToolResult(call.id, ToolStatus.FAILED, {"outcome": "failed", "reason": reason})
