"""The tools of a turn: what an agent may ask for, and what it is told."""

import time
from collections.abc import Callable, Sequence

from sophia.application.retrieve import Retrieve
from sophia.application.run_log import RunLog
from sophia.domain.agents import ToolCall, ToolResult, ToolSpec
from sophia.domain.handoff import Decision, Handoff
from sophia.domain.knowledge import Passage
from sophia.domain.runs import ToolCallRecord, ToolFinished, ToolStarted, ToolStatus
from sophia.domain.tenancy import TenantScope
from sophia.errors import Unavailable
from sophia.ports.agent_runtime import ToolBox
from sophia.ports.embedder import Embedder

__all__ = ["TurnToolBox"]

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


class TurnToolBox(ToolBox):
    """Runs the tools of one turn. Nothing that an agent passes in makes a ticket: the user's words have decided."""

    def __init__(
        self, scope: TenantScope, retrieve: Retrieve, embedder: Embedder, handoff: Handoff | None, log: RunLog
    ) -> None:
        self._scope = scope
        self._retrieve = retrieve
        self._embedder = embedder
        self._handoff = handoff
        self._log = log
        self._tools: dict[str, Callable[[ToolCall], ToolResult]] = {
            _RAG_SEARCH.name: self._rag_search,
            _CREATE_TICKET.name: self._create_ticket,
        }
        self.calls: list[ToolCallRecord] = []

    @property
    def specs(self) -> Sequence[ToolSpec]:
        """The tools there are."""
        return (_RAG_SEARCH, _CREATE_TICKET)

    def call(self, call: ToolCall) -> ToolResult:
        """Run a tool, telling the run's log of it."""
        tool = self._tools.get(call.name)
        if tool is None:
            return _failed(call, f"there is no tool {call.name!r}; there are {', '.join(self._tools)}")
        self._log.add(ToolStarted(call.id, call.name))
        began = time.monotonic()
        try:
            result = tool(call)
        except Unavailable as error:
            result = _failed(call, str(error))
        duration = round((time.monotonic() - began) * 1000)
        self.calls.append(ToolCallRecord(call.name, result.status, duration))
        self._log.add(ToolFinished(call.id, result.status))
        return result

    def _rag_search(self, call: ToolCall) -> ToolResult:
        query = call.arguments.get("query")
        if not isinstance(query, str) or not query.strip() or len(call.arguments) != 1:
            return _failed(call, "rag_search takes one argument, `query`, a text that is not empty")
        passages = self._retrieve(self._scope, query, self._embedder.embed_query(query))
        return ToolResult(call.id, ToolStatus.COMPLETED, {"passages": [_told(p) for p in passages]}, passages)

    def _create_ticket(self, call: ToolCall) -> ToolResult:
        if self._handoff is None:
            told: dict[str, object] = {"outcome": "refused", "reason": "the user's own words ask for no action"}
            return ToolResult(call.id, ToolStatus.DENIED, told)
        status = ToolStatus.COMPLETED if self._handoff.decision is Decision.HANDED_OFF else ToolStatus.DENIED
        told = {"outcome": self._handoff.decision, "reason": self._handoff.reason, "ticket": self._handoff.ticket_id}
        return ToolResult(call.id, status, told)


def _told(passage: Passage) -> dict[str, object]:
    return {"id": passage.chunk_id, "title": passage.title, "heading": list(passage.heading), "text": passage.text}


def _failed(call: ToolCall, reason: str) -> ToolResult:
    return ToolResult(call.id, ToolStatus.FAILED, {"outcome": "failed", "reason": reason})
