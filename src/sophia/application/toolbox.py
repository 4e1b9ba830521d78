"""The tools of a turn: what an agent may ask for, and what it is told."""

import contextvars
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait

from attrs import frozen
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from sophia.application.handoff import HandoffOutcome
from sophia.application.look_up import LookUp
from sophia.application.retrieve import Retrieve
from sophia.application.run_log import RunLog
from sophia.application.wording import wording
from sophia.domain.agents import Tokens, ToolCall, ToolResult, ToolSpec
from sophia.domain.evidence import Evidence
from sophia.domain.handoff import Decision
from sophia.domain.knowledge import Passage
from sophia.domain.lookups import System
from sophia.domain.runs import Run, ToolCallRecord, ToolFinished, ToolStarted, ToolStatus
from sophia.domain.tenancy import TenantScope
from sophia.errors import (
    Cancelled,
    InvalidInput,
    LimitExceeded,
    PermissionDenied,
    QueryRefused,
    SophiaError,
    Unavailable,
)
from sophia.ports.agent_runtime import ToolBox
from sophia.ports.embedder import Embedder
from sophia.ports.security_source import Check

__all__ = ["SEARCH", "TOOLS", "ToolLimits", "TurnToolBox", "tools_for"]

_POLL = 0.2  # seconds after which a turn that waits for a tool looks whether it is to stop
_GRACE = 2.0  # seconds that a look-up is given to say itself that it has run out of time
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

SEARCH = _RAG_SEARCH.name
"""The name of the tool that searches the company's documents."""

TOOLS = (_RAG_SEARCH.name, *(system.tool for system in System), _CREATE_TICKET.name)
"""The names of the tools that an agent can be given."""


def tools_for(look_up: LookUp, scope: TenantScope, offered: Sequence[str] = TOOLS) -> tuple[ToolSpec, ...]:
    """The tools that an agent of this caller's can be given, of those that are offered by name."""
    every = (_RAG_SEARCH, *look_up.tools(scope), _CREATE_TICKET)
    return tuple(tool for tool in every if tool.name in offered)


@frozen
class ToolLimits:
    """What an agent may ask of its tools in one turn.

    Attributes:
        seconds: for one call; a tool that takes longer is not waited for. A look-up has the time of its source.
        calls: of any kind.
        mistakes: calls of tools that there are not, or with arguments that they do not take.
    """

    seconds: float = 10.0
    calls: int = 16
    mistakes: int = 4


@frozen
class _Tool:
    """A tool, and how it is run: ``work`` is told by its check when nobody waits any more."""

    spec: ToolSpec
    work: Callable[[ToolCall, Check], ToolResult]
    seconds: float


class TurnToolBox(ToolBox):
    """Runs the tools of one turn. Nothing that an agent passes in makes a ticket: the user's words have decided.

    Args:
        offered: the names of the tools that the agent may ask for.
        propose: what has come of the user's words, and so of an agent's wish for a ticket.
        record: keeps that a tool was run, and the evidence that it has found, before the agent hears of it.

    Attributes:
        calls: the calls of tools that there are, as the answer tells of them.
        passages: what the tools have found, for the answer to be made from.
        tokens: what models have cost in this turn.
    """

    def __init__(
        self,
        scope: TenantScope,
        run: Run,
        retrieve: Retrieve,
        look_up: LookUp,
        embedder: Embedder,
        propose: Callable[[], HandoffOutcome],
        record: Callable[[ToolCallRecord, Evidence | None], None],
        log: RunLog,
        language: str,
        offered: Sequence[str] = TOOLS,
        limits: ToolLimits = ToolLimits(),
    ) -> None:
        self._scope = scope
        self._turn = run
        self._retrieve = retrieve
        self._look_up = look_up
        self._embedder = embedder
        self._propose = propose
        self._record = record
        self._log = log
        self._words = wording(language)
        self._limits = limits
        slowest = max((source.caps.seconds for source in look_up.sources(scope)), default=0.0)
        works = {_RAG_SEARCH.name: self._rag_search, _CREATE_TICKET.name: self._create_ticket}
        self._tools = {
            spec.name: _Tool(spec, works[spec.name], limits.seconds)
            if spec.name in works
            else _Tool(spec, self._look, slowest + _GRACE)
            for spec in tools_for(look_up, scope, offered)
        }
        self._lock = threading.Lock()
        self._asked = 0
        self._looked = Counter[str]()
        self._mistakes = 0
        self.calls: list[ToolCallRecord] = []
        self.passages: list[Passage] = []
        self.tokens = Tokens()
        self._limitations: list[str] = []
        self._mistaken: dict[str, str] = {}

    @property
    def specs(self) -> Sequence[ToolSpec]:
        """The tools there are."""
        return tuple(tool.spec for tool in self._tools.values())

    @property
    def limitations(self) -> Sequence[str]:
        """The tools that gave no result, or not all of it, in the user's language.

        A mistake that the agent has made good since is none.
        """
        return (*self._limitations, *self._mistaken.values())

    def check(self) -> None:
        """Pass while the turn may go on."""
        self._log.check()

    def spend(self, tokens: Tokens) -> None:
        """Add to what the turn has cost."""
        with self._lock:
            self.tokens += tokens

    def call(self, call: ToolCall) -> ToolResult:
        """Run a tool, telling the run's log of it."""
        self.check()
        with self._lock:
            if self._asked >= self._limits.calls or self._mistakes >= self._limits.mistakes:
                self._limit_once(self._words.no_more_tools(call.name))
                return _failed(call, "no more tools in this turn; answer with what there is")
            self._asked += 1
            tool = self._tools.get(call.name)
            if tool is None:
                self._mistakes += 1
                return _failed(call, f"there is no tool {call.name[:80]!r}; there are {', '.join(self._tools)}")
            self._log.add(ToolStarted(call.id, call.name))
        began = time.monotonic()
        try:
            result = self._result(tool, call)
        except SophiaError:  # the turn is to stop; the tool was run all the same
            self._record(ToolCallRecord(call.name, ToolStatus.FAILED, _since(began)), None)
            raise
        evidence = result.evidence
        ran = ToolCallRecord(call.name, result.status, _since(began), evidence.id if evidence else None)
        self._record(ran, evidence)
        with self._lock:
            if result.status is ToolStatus.COMPLETED:
                self._mistaken.pop(call.name, None)
            self.passages += result.passages
            self.calls.append(ran)
            self._log.add(ToolFinished(call.id, result.status, ran.evidence_id))
        return result

    def _result(self, tool: _Tool, call: ToolCall) -> ToolResult:
        """What a tool has found, or why it has found nothing."""
        if fault := _fault(tool.spec, call):
            return self._mistake(call, fault)
        try:
            return self._run(tool, call)
        except Unavailable as error:
            return self._without(call, str(error))
        except (QueryRefused, PermissionDenied) as error:
            self._limit(self._words.tool_refused(call.name, error))
            return ToolResult(call.id, ToolStatus.DENIED, {"outcome": "refused", "reason": str(error)})
        except InvalidInput as error:
            fault = str(error)[:_LONGEST_FAULT]
            with self._lock:
                self._mistaken[call.name] = self._words.tool_failed(call.name, fault)
            return self._mistake(call, fault)

    def _run(self, tool: _Tool, call: ToolCall) -> ToolResult:
        """Run a tool in a thread of its own: one that hangs is left behind, and a cancelled turn does not wait."""
        ended, given_up = Future[ToolResult](), threading.Event()

        def check() -> None:
            if given_up.is_set():
                raise Cancelled

        def work() -> None:
            try:
                ended.set_result(tool.work(call, check))
            except BaseException as error:  # noqa: BLE001 - raised again where the result is awaited
                ended.set_exception(error)

        threading.Thread(
            target=contextvars.copy_context().run, args=(work,), name=f"tool-{call.name}", daemon=True
        ).start()
        until = time.monotonic() + tool.seconds
        try:
            while not wait([ended], timeout=max(0.0, min(_POLL, until - time.monotonic()))).done:
                self.check()
                if time.monotonic() >= until:
                    return self._without(call, f"timed out after {tool.seconds:g} s")
        finally:
            given_up.set()
        return ended.result()

    def _mistake(self, call: ToolCall, fault: str) -> ToolResult:
        with self._lock:
            self._mistakes += 1
        return ToolResult(call.id, ToolStatus.FAILED, {"outcome": "mistaken", "reason": fault})

    def _without(self, call: ToolCall, reason: str) -> ToolResult:
        self._limit(self._words.tool_failed(call.name, reason))
        return _failed(call, reason)

    def _limit(self, told: str) -> None:
        with self._lock:
            self._limit_once(told)

    def _limit_once(self, told: str) -> None:
        """With the lock held."""
        if told not in self._limitations:
            self._limitations.append(told)

    def _rag_search(self, call: ToolCall, _: Check) -> ToolResult:
        query = str((call.arguments or {})["query"])
        if not query.strip():
            return _failed(call, "the query is empty")
        passages = self._retrieve(self._scope, query, self._embedder.embed_query(query))
        return ToolResult(call.id, ToolStatus.COMPLETED, {"passages": [_shown(p) for p in passages]}, passages)

    def _look(self, call: ToolCall, check: Check) -> ToolResult:
        arguments = call.arguments or {}
        source = self._look_up.source(self._scope, call.name, arguments)
        with self._lock:
            if self._looked[source.name] >= source.caps.a_turn:
                self._limit_once(self._words.looked_enough(call.name, source.name, source.caps.a_turn))
                told_agent = f"no more look-ups at {source.name} in this turn; answer with what there is"
                return ToolResult(call.id, ToolStatus.DENIED, {"outcome": "refused", "reason": told_agent})
            self._looked[source.name] += 1
        try:
            evidence = self._look_up(self._scope, self._turn, source, arguments, check)
        except LimitExceeded as error:
            self._limit(self._words.used_up(call.name, source.name, source.caps.a_day))
            return ToolResult(call.id, ToolStatus.DENIED, {"outcome": "refused", "reason": str(error)})
        for cut in evidence.cuts:
            self._limit(self._words.cut(evidence, cut))
        finding, span = evidence.finding, evidence.lookup.span
        told: dict[str, object] = {
            "evidence": evidence.id,
            "source": source.name,
            "query": finding.query,
            "range": [span.start.isoformat(), span.end.isoformat()] if span else None,
            "rows_seen": finding.seen,
            "rows_kept": len(finding.rows),
            "not_everything_because": [f"{cut.kind}: {cut.detail}" for cut in finding.cuts],
        }
        return ToolResult(call.id, ToolStatus.COMPLETED, told, (evidence.passage,), evidence)

    def _create_ticket(self, call: ToolCall, _: Check) -> ToolResult:
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


def _shown(passage: Passage) -> dict[str, object]:
    return {"id": passage.chunk_id, "title": passage.title, "heading": list(passage.heading), "text": passage.text}


def _fault(spec: ToolSpec, call: ToolCall) -> str:
    """What is wrong with a call's arguments, for the agent to do better; empty where nothing is."""
    if call.arguments is None:
        return "the arguments are no JSON object"
    error = best_match(Draft202012Validator(spec.parameters).iter_errors(call.arguments))
    return f"{error.json_path}: {error.message}"[:_LONGEST_FAULT] if error else ""


def _failed(call: ToolCall, reason: str) -> ToolResult:
    return ToolResult(call.id, ToolStatus.FAILED, {"outcome": "failed", "reason": reason})
