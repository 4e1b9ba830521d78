"""Wrappers that count and trace what they pass on. Each has the interface of what it wraps."""

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from contextvars import ContextVar
from typing import Any

from structlog.contextvars import bound_contextvars

from sophia.adapters.http.trace import within_trace
from sophia.adapters.model.figures import OUTCOMES, ServiceFigures
from sophia.adapters.telemetry import Telemetry
from sophia.adapters.telemetry.metrics import Metrics
from sophia.adapters.telemetry.spans import Span
from sophia.application.execute_run import ExecuteRun
from sophia.application.handoff import HandOff, HandoffOutcome
from sophia.application.hear import Heard
from sophia.application.look_up import SecuritySources
from sophia.application.refresh_knowledge import RefreshKnowledge
from sophia.application.refresh_work import OnProgress
from sophia.application.retrieve import Retrieve
from sophia.application.start_refresh import StartedRefresh
from sophia.application.start_run import StartedRun
from sophia.domain.agents import AgentEvent, Spoken, Tokens, ToolCall, ToolResult, ToolSpec, Turn
from sophia.domain.asked import Intent
from sophia.domain.handoff import Course
from sophia.domain.intent import IntentClassifier
from sophia.domain.knowledge import Passage
from sophia.domain.lookups import Finding, Lookup, LookupCaps, Operation, System
from sophia.domain.refresh import Refresh
from sophia.domain.runs import Outcome, Problem, Run, RunCancelled, RunCompleted, RunFailed
from sophia.domain.tenancy import TenantScope
from sophia.domain.tickets import Ticket
from sophia.errors import InvalidInput, QueryRefused, TicketRejected, Unavailable
from sophia.logs import get_logger
from sophia.ports.agent_runtime import AgentRuntime, ToolBox
from sophia.ports.embedder import Embedder
from sophia.ports.records import LogTail, Records, Transaction
from sophia.ports.security_source import Access, Check, SecuritySource
from sophia.ports.system import Clock
from sophia.ports.ticket_desk import TicketDesk

__all__ = [
    "ObservedAgentRuntime",
    "ObservedClassifier",
    "ObservedEmbedder",
    "ObservedHandOff",
    "ObservedRecords",
    "ObservedRefresh",
    "ObservedRetrieve",
    "ObservedRun",
    "ObservedService",
    "ObservedSystems",
    "ObservedTicketDesk",
]

# The convention's names of who gives the answers (`gen_ai.provider.name`); what runs in this process is SOPHIA's own.
_OURS = "sophia"
_PROVIDERS = {"openai": "openai", "azure-agents": "azure.ai.inference", "foundry": "azure.ai.openai"}

_log = get_logger(__name__)


class _FirstText:
    """Waits for the first text of one run."""

    def __init__(self, metrics: Metrics, clock: Clock, run: Run) -> None:
        self._metrics = metrics
        self._clock = clock
        self._run: Run | None = run

    def spoken(self) -> None:
        """Some text is there; only the first time counts."""
        if self._run is not None:
            self._metrics.first_text_seconds.observe((self._clock.now() - self._run.created_at).total_seconds())
            self._run = None


_first_text: ContextVar[_FirstText | None] = ContextVar("sophia_first_text", default=None)


def _text_spoken() -> None:
    if (waiting := _first_text.get()) is not None:
        waiting.spoken()


class ObservedRun:
    """An `ExecuteRun` whose runs are counted and traced, and named in every line of the log meanwhile."""

    def __init__(self, execute: ExecuteRun, telemetry: Telemetry, clock: Clock) -> None:
        self._execute = execute
        self._telemetry = telemetry
        self._clock = clock

    def __call__(self, started: StartedRun) -> Outcome | None:
        """See `ExecuteRun`."""
        if started.held is None:
            return self._execute(started)
        run, tenant, metrics = started.run, started.held.scope.company_id, self._telemetry.metrics
        span = self._telemetry.tracing.span(
            "invoke_agent SOPHIA",
            gen_ai__operation__name="invoke_agent",
            gen_ai__provider__name=_OURS,
            gen_ai__agent__name="SOPHIA",
            gen_ai__conversation__id=run.thread_id,
            sophia__run=run.id,
            sophia__tenant=tenant,
            sophia__attempt=run.attempt,
        )
        first_text = _first_text.set(_FirstText(metrics, self._clock, run))
        outcome: Outcome | None = _UNFORESEEN
        try:
            with span as told, bound_contextvars(tenant=tenant, thread=run.thread_id, run=run.id, **_trace(told)):
                try:
                    with metrics.runs_playing.track_inprogress(), metrics.run_seconds.time():
                        outcome = self._execute(started)
                finally:
                    self._tell(told, outcome)
        finally:
            _first_text.reset(first_text)
        return outcome

    def _tell(self, span: Span, outcome: Outcome | None) -> None:
        ended = _ENDS[type(outcome)]
        self._telemetry.metrics.runs.labels(ended).inc()
        more: dict[str, Any] = {}
        match outcome:
            case RunCompleted(answer):
                span.tell(
                    gen_ai__agent__version=answer.agent_version,
                    gen_ai__usage__input_tokens=answer.usage.input_tokens,
                    gen_ai__usage__output_tokens=answer.usage.output_tokens,
                    sophia__citations=len(answer.citations),
                    sophia__limitations=len(answer.limitations),
                )
                more = {
                    "ms": answer.usage.latency_ms,
                    "citations": len(answer.citations),
                    "limitations": len(answer.limitations),
                    "handoff": answer.handoff and answer.handoff.decision,
                }
            case RunFailed(problem):
                span.fail(problem.code)
                more = {"problem": problem.code}
        _log.info("run.ended", outcome=ended, **more)


_ENDS = {RunCompleted: "completed", RunFailed: "failed", RunCancelled: "cancelled", type(None): "lost"}

_UNFORESEEN = RunFailed(Problem("internal", "it was raised"))
"""What an error that nobody foresaw is told as; the run's own log has it in the user's words."""


def _trace(span: Span) -> dict[str, str]:
    # Where nobody is told, the id that came with the request, if one did, stays bound.
    return {} if span.trace_id is None else {"trace_id": span.trace_id}


class ObservedRecords(Records):
    """Records whose writes are timed and, within other work that is traced, traced."""

    def __init__(self, records: Records, telemetry: Telemetry) -> None:
        self._records = records
        self._telemetry = telemetry

    def check(self) -> None:
        """See `Records`."""
        self._records.check()

    def read(self, scope: TenantScope) -> AbstractContextManager[Transaction]:
        """See `Records`."""
        return self._records.read(scope)

    @contextmanager
    def write(self, scope: TenantScope) -> Iterator[Transaction]:
        """See `Records`."""
        span = self._telemetry.tracing.span("commit", alone=False)
        with span, self._telemetry.metrics.write_seconds.time(), self._records.write(scope) as tx:
            yield tx

    def tail(self, scope: TenantScope, log_id: str) -> AbstractContextManager[LogTail]:
        """See `Records`."""
        return self._records.tail(scope, log_id)


class ObservedEmbedder(Embedder):
    """An embedder whose texts are counted and whose calls are timed."""

    def __init__(self, embedder: Embedder, telemetry: Telemetry) -> None:
        self._embedder = embedder
        self._telemetry = telemetry

    @property
    def version(self) -> str:
        """See `Embedder`."""
        return self._embedder.version

    @property
    def dimension(self) -> int:
        """See `Embedder`."""
        return self._embedder.dimension

    def embed_query(self, text: str) -> tuple[float, ...]:
        """See `Embedder`."""
        with self._observed("query", 1):
            return self._embedder.embed_query(text)

    def embed_passages(self, texts: Sequence[str]) -> list[bytes]:
        """See `Embedder`."""
        with self._observed("passage", len(texts)):
            return self._embedder.embed_passages(texts)

    @contextmanager
    def _observed(self, kind: str, texts: int) -> Iterator[None]:
        metrics = self._telemetry.metrics
        span = self._telemetry.tracing.span(
            f"embeddings {self.version}",
            gen_ai__operation__name="embeddings",
            gen_ai__provider__name=self.version.partition("/")[0],
            gen_ai__request__model=self.version,
            gen_ai__embeddings__dimension__count=self.dimension,
            sophia__texts=texts,
        )
        with span, metrics.embedding_seconds.labels(kind).time():
            yield
        metrics.embedded_texts.labels(kind).inc(texts)


class ObservedClassifier:
    """An `IntentClassifier` whose readings are traced."""

    def __init__(self, classify: IntentClassifier, telemetry: Telemetry) -> None:
        self._classify = classify
        self._telemetry = telemetry

    def __call__(self, text: str, vector: Sequence[float]) -> Intent:
        """See `IntentClassifier`."""
        with self._telemetry.tracing.span("classify") as span:
            intent = self._classify(text, vector)
            span.tell(sophia__category=intent.category, sophia__score=intent.score)
            return intent


class ObservedHandOff:
    """A `HandOff` whose decisions are counted and traced."""

    def __init__(self, hand_off: HandOff, telemetry: Telemetry) -> None:
        self._hand_off = hand_off
        self._telemetry = telemetry

    def __call__(
        self, scope: TenantScope, run_id: str, heard: Heard, intent: Intent, vector: tuple[float, ...] = ()
    ) -> HandoffOutcome:
        """See `HandOff`."""
        with self._telemetry.tracing.span("hand_off") as span:
            outcome = self._hand_off(scope, run_id, heard, intent, vector)
            span.tell(sophia__course=outcome.decision.course, sophia__reason=outcome.decision.reason)
            for made in outcome.handoffs:
                span.tell(sophia__decision=made.decision, sophia__category=made.category, sophia__ticket=made.ticket_id)
                self._telemetry.metrics.handoffs.labels(made.decision).inc()
            if outcome.handoffs and outcome.decision.course is not Course.CONFIRM:
                _text_spoken()
            return outcome

    def propose(self, scope: TenantScope, run_id: str, intent: Intent, outcome: HandoffOutcome) -> HandoffOutcome:
        """See `HandOff`."""
        return self._hand_off.propose(scope, run_id, intent, outcome)


class ObservedRetrieve:
    """A `Retrieve` whose searches are timed and traced."""

    def __init__(self, retrieve: Retrieve, telemetry: Telemetry) -> None:
        self._retrieve = retrieve
        self._telemetry = telemetry

    def __call__(self, scope: TenantScope, text: str, vector: tuple[float, ...]) -> tuple[Passage, ...]:
        """See `Retrieve`."""
        span = self._telemetry.tracing.span("retrieval knowledge", gen_ai__operation__name="retrieval")
        with span as told, self._telemetry.metrics.retrieval_seconds.time():
            passages = self._retrieve(scope, text, vector)
            told.tell(gen_ai__data_source__id="knowledge", sophia__passages=len(passages))
            return passages


class ObservedAgentRuntime(AgentRuntime):
    """A runtime whose replies, tokens and tool calls are counted and traced.

    Args:
        runtime: what words the answers.
        telemetry: where that is told.
        kind: of runtime, as the settings name it.
        model: that it asks; empty where it asks none.
    """

    def __init__(self, runtime: AgentRuntime, telemetry: Telemetry, kind: str, model: str = "") -> None:
        self._runtime = runtime
        self._telemetry = telemetry
        self._provider = _PROVIDERS.get(kind, _OURS)
        self._model = model

    @property
    def version(self) -> str:
        """See `AgentRuntime`."""
        return self._runtime.version

    def check(self) -> None:
        """See `AgentRuntime`."""
        self._runtime.check()

    def respond(self, turn: Turn, tools: ToolBox) -> Generator[AgentEvent]:
        """See `AgentRuntime`."""
        observed = _ObservedToolBox(tools, self._telemetry)
        span = self._telemetry.tracing.span(
            f"chat {self._model or self.version}",
            kind="client",
            gen_ai__operation__name="chat",
            gen_ai__provider__name=self._provider,
            gen_ai__request__model=self._model or self.version,
            gen_ai__conversation__id=turn.thread_id,
        )
        with span as told:
            try:
                with closing(self._runtime.respond(turn, observed)) as events:
                    silent = True
                    for event in events:
                        if silent and isinstance(event, Spoken) and event.text:
                            _text_spoken()
                            silent = False
                        yield event
            finally:
                spent = observed.spent
                told.tell(gen_ai__usage__input_tokens=spent.input, gen_ai__usage__output_tokens=spent.output)


class ObservedService(ServiceFigures):
    """Figures of one service that plays turns, counted."""

    def __init__(self, metrics: Metrics, service: str) -> None:
        self._metrics = metrics
        self._service = service
        self._known = set[str]()
        # Series that begin at zero, see `Metrics`.
        for series in (
            metrics.service_retries,
            metrics.service_turns,
            metrics.service_turns_waiting,
            metrics.service_left_alone,
        ):
            series.labels(service)

    def called(self, operation: str, outcome: str, seconds: float) -> None:
        """See `ServiceFigures`."""
        calls = self._metrics.service_calls
        if operation not in self._known:
            self._known.add(operation)
            for known in OUTCOMES:
                calls.labels(self._service, operation, known)
        calls.labels(self._service, operation, outcome).inc()
        self._metrics.service_call_seconds.labels(self._service, operation).observe(seconds)

    def retried(self) -> None:
        """See `ServiceFigures`."""
        self._metrics.service_retries.labels(self._service).inc()

    def waiting(self) -> AbstractContextManager[object]:
        """See `ServiceFigures`."""
        return self._metrics.service_turns_waiting.labels(self._service).track_inprogress()

    def playing(self) -> AbstractContextManager[object]:
        """See `ServiceFigures`."""
        return self._metrics.service_turns.labels(self._service).track_inprogress()

    def left_alone(self, *, begins: bool) -> None:
        """See `ServiceFigures`."""
        self._metrics.service_left_alone.labels(self._service).inc(1 if begins else -1)


class _ObservedToolBox(ToolBox):
    """Tools whose calls are counted and traced; what a model invents is counted as ``unknown``."""

    def __init__(self, tools: ToolBox, telemetry: Telemetry) -> None:
        self._tools = tools
        self._telemetry = telemetry
        self.spent = Tokens()

    @property
    def specs(self) -> Sequence[ToolSpec]:
        """See `ToolBox`."""
        return self._tools.specs

    def call(self, call: ToolCall) -> ToolResult:
        """See `ToolBox`."""
        metrics = self._telemetry.metrics
        name = call.name if any(call.name == spec.name for spec in self.specs) else "unknown"
        span = self._telemetry.tracing.span(
            f"execute_tool {name}",
            gen_ai__operation__name="execute_tool",
            gen_ai__tool__name=name,
            gen_ai__tool__type="function",
            gen_ai__tool__call__id=call.id,
        )
        with span as told, metrics.tool_call_seconds.labels(name).time():
            result = self._tools.call(call)
            told.tell(sophia__status=result.status)
        metrics.tool_calls.labels(name, result.status).inc()
        return result

    def check(self) -> None:
        """See `ToolBox`."""
        self._tools.check()

    def spend(self, tokens: Tokens) -> None:
        """See `ToolBox`."""
        self.spent += tokens
        self._telemetry.metrics.tokens.labels("input").inc(tokens.input)
        self._telemetry.metrics.tokens.labels("output").inc(tokens.output)
        self._tools.spend(tokens)


class ObservedSystems:
    """The systems of companies, whose look-ups are counted and traced: never what is asked or found."""

    def __init__(self, systems: SecuritySources, telemetry: Telemetry) -> None:
        self._systems = systems
        self._telemetry = telemetry

    def __call__(self, company_id: str) -> Sequence[SecuritySource]:
        """Those of one company."""
        return tuple(_ObservedSource(source, self._telemetry) for source in self._systems(company_id))


class _ObservedSource(SecuritySource):
    def __init__(self, source: SecuritySource, telemetry: Telemetry) -> None:
        self._source = source
        self._telemetry = telemetry

    @property
    def name(self) -> str:
        """See `SecuritySource`."""
        return self._source.name

    @property
    def system(self) -> System:
        """See `SecuritySource`."""
        return self._source.system

    @property
    def readers(self) -> frozenset[str]:
        """See `SecuritySource`."""
        return self._source.readers

    @property
    def caps(self) -> LookupCaps:
        """See `SecuritySource`."""
        return self._source.caps

    @property
    def operations(self) -> Sequence[Operation]:
        """See `SecuritySource`."""
        return self._source.operations

    def look_up(self, scope: TenantScope, lookup: Lookup, check: Check) -> Finding:
        """See `SecuritySource`."""
        metrics = self._telemetry.metrics
        span = self._telemetry.tracing.span(
            f"look_up {self.system}",
            kind="client",
            sophia__source=self.name,
            sophia__system=self.system,
            sophia__operation=lookup.operation,
        )
        began, outcome, rows = time.monotonic(), "stopped", None
        try:
            with span as told, metrics.lookup_seconds.labels(self.system).time():
                finding = self._source.look_up(scope, lookup, check)
                outcome, rows = "cut" if finding.cuts else "found", len(finding.rows)
                told.tell(sophia__rows=rows, sophia__rows_seen=finding.seen)
        except QueryRefused:
            outcome = "refused"
            raise
        except InvalidInput:
            outcome = "invalid"
            raise
        except Unavailable:
            outcome = "unavailable"
            raise
        finally:
            metrics.lookups.labels(self.system, outcome).inc()
            ms = round((time.monotonic() - began) * 1000)
            told_of = {"source": self.name, "system": self.system, "operation": lookup.operation}
            _log.info("lookup.ended", **told_of, outcome=outcome, ms=ms, rows=rows)
        return finding

    def access(self, scope: TenantScope) -> Access:
        """See `SecuritySource`."""
        return self._source.access(scope)


class ObservedTicketDesk(TicketDesk):
    """A desk whose deliveries are counted and traced."""

    def __init__(self, desk: TicketDesk, telemetry: Telemetry) -> None:
        self._desk = desk
        self._telemetry = telemetry

    def open(self, ticket: Ticket) -> str:
        """See `TicketDesk`."""
        outcome = "unavailable"
        try:
            span = self._telemetry.tracing.span("deliver_ticket", kind="client", sophia__ticket=ticket.id)
            with span as told, within_trace(told.traceparent):
                number = self._desk.open(ticket)
            outcome = "delivered"
        except TicketRejected:
            outcome = "rejected"
            raise
        else:
            return number
        finally:
            self._telemetry.metrics.deliveries.labels(outcome).inc()


class ObservedRefresh:
    """A `RefreshKnowledge` whose refreshes are counted and traced, and named in every line of the log meanwhile."""

    def __init__(self, refresh: RefreshKnowledge, telemetry: Telemetry) -> None:
        self._refresh = refresh
        self._telemetry = telemetry

    def __call__(
        self, scope: TenantScope, started: StartedRefresh, on_progress: OnProgress = lambda _: None
    ) -> Refresh:
        """See `RefreshKnowledge`."""
        metrics = self._telemetry.metrics
        span = self._telemetry.tracing.span("refresh", sophia__refresh=started.refresh.id)
        with span as told, bound_contextvars(tenant=scope.company_id, refresh=started.refresh.id, **_trace(told)):
            with metrics.refresh_seconds.time():
                ended = self._refresh(scope, started, on_progress)
            metrics.refreshes.labels(ended.status).inc()
            if (report := ended.report) is not None and not ended.options.dry_run:
                for result in ("unchanged", "added", "updated", "removed"):
                    metrics.refreshed_documents.labels(result).inc(getattr(report, result))
                metrics.refreshed_documents.labels("failed").inc(len(report.failures))
            return ended
