"""One turn, from the stored message to the stored answer: recall, decide, retrieve, respond, verify, commit."""

import time
from collections.abc import Mapping, Sequence
from contextlib import closing

from attrs import define, evolve, field, frozen

from sophia.application.handoff import HandOff, HandoffOutcome
from sophia.application.hear import hear
from sophia.application.leases import HeldLease
from sophia.application.limits import count_tokens
from sophia.application.look_up import LookUp
from sophia.application.retrieve import Retrieve
from sophia.application.run_log import LogWriter, RunLog
from sophia.application.tickets import AnswerStatus, TellThread
from sophia.application.toolbox import TurnToolBox
from sophia.application.wording import wording
from sophia.domain.agents import Cited, Limitation, Spoken, Tokens, Turn
from sophia.domain.asked import Intent
from sophia.domain.audit import AuditEvent
from sophia.domain.citation import Citation, Quote, find_unsupported, prove
from sophia.domain.conversation import FoundMessage, Message, Role
from sophia.domain.evidence import Evidence, is_evidence
from sophia.domain.followup import contextual_question
from sophia.domain.handoff import Course
from sophia.domain.instructions import AgentDefinition
from sophia.domain.intent import IntentClassifier
from sophia.domain.limits import LimitsOf
from sophia.domain.runs import (
    Answer,
    CitationAdded,
    HandoffMade,
    MessageCompleted,
    Run,
    RunCompleted,
    RunEvent,
    ToolCallRecord,
    Usage,
)
from sophia.domain.suspicion import Suspect, suspects
from sophia.domain.tenancy import TenantScope
from sophia.domain.tickets import Ticket, TicketStatus
from sophia.domain.vectors import blend, pack, unpack
from sophia.errors import NotFound, Unavailable
from sophia.logs import get_logger
from sophia.ports.agent_runtime import AgentRuntime
from sophia.ports.embedder import Embedder
from sophia.ports.records import Records, Transaction
from sophia.ports.system import Clock, Ids

__all__ = ["PlayTurn", "TurnMemory"]

_QUESTION_AND_REPLY = 2  # messages that a yes may be about, however little a turn remembers besides

_TICKETS = 10
"""The newest tickets of its thread that a turn knows of."""

_log = get_logger(__name__)


@frozen
class TurnMemory:
    """How much of the past a turn sees: the thread's last messages, and earlier ones near the question."""

    history: int = 12
    recalled: int = 4


@define
class _Reply:
    """What has been said so far, which stretches of it claim something, and what they quote."""

    text: str = ""
    claims: list[tuple[int, int]] = field(factory=list)
    quotes: dict[int, Quote] = field(factory=dict)
    tokens: Tokens = field(factory=lambda: Tokens(0, 0))
    limitations: list[str] = field(factory=list)

    def say(self, spoken: Spoken) -> None:
        if spoken.claim:
            start = len(self.text)
            if self.claims and self.claims[-1][1] == start:  # a sentence may come in many pieces
                start, _ = self.claims.pop()
            self.claims.append((start, len(self.text) + len(spoken.text)))
        self.text += spoken.text


class PlayTurn:
    """Answers one message, under the lease of its run."""

    def __init__(
        self,
        records: Records,
        embedder: Embedder,
        classify: IntentClassifier,
        hand_off: HandOff,
        answer_status: AnswerStatus,
        tell_thread: TellThread,
        retrieve: Retrieve,
        look_up: LookUp,
        runtime: AgentRuntime,
        limits: LimitsOf,
        writer: LogWriter,
        clock: Clock,
        ids: Ids,
        memory: TurnMemory,
        agent: AgentDefinition,
    ) -> None:
        self._records = records
        self._embedder = embedder
        self._classify = classify
        self._hand_off = hand_off
        self._answer_status = answer_status
        self._tell_thread = tell_thread
        self._retrieve = retrieve
        self._look_up = look_up
        self._runtime = runtime
        self._limits = limits
        self._writer = writer
        self._clock = clock
        self._ids = ids
        self._memory = memory
        self._agent = agent

    def __call__(self, held: HeldLease, run: Run) -> RunCompleted:
        """Play the turn and commit its answer.

        Raises:
            Cancelled: the run is to stop.
            LeaseLost: somebody else has taken it.
            Unavailable: what the answer needs does not answer.
        """
        began = time.monotonic()
        log = RunLog(self._writer, held)
        reply, limitations = _Reply(), list[str]()
        remembered = max(self._memory.history, _QUESTION_AND_REPLY)
        with self._records.read(held.scope) as tx:
            *history, said = tx.conversations.last_messages(run.thread_id, remembered + 1)
            heard = hear(tx, history, said)
            tickets = tx.tickets.of_thread(run.thread_id, _TICKETS) if history else ()
        message = heard.message
        vector = unpack(message.vector) if message.vector else self._embed(message.text, message.language, limitations)

        intent = self._classify(message.text, vector)
        outcome = self._hand_off(held.scope, run.id, heard, intent, vector)
        asks = outcome.decision.course is Course.CONFIRM
        if outcome.handoffs and not asks:
            _tell(outcome, reply, log)
        left, asks_more = message.text, outcome.decision.answers
        status = self._answer_status(held.scope, message, tickets)
        if status is not None:
            _say(Spoken(f"\n\n{status.told}" if reply.text else status.told, claim=False), reply, log)
            left = status.rest
            asks_more = "?" in left if outcome.handoffs else bool(left)
        tools = TurnToolBox(
            held.scope,
            run,
            self._retrieve,
            self._look_up,
            self._embedder,
            lambda: self._hand_off.propose(held.scope, run.id, intent, outcome),
            lambda call, evidence: self._record_call(held.scope, run.id, call, evidence),
            log,
            message.language,
            self._agent.tools,
        )
        read = list(outcome.enclosed)
        if asks_more:
            asked, meaning = evolve(message, text=left), vector
            if outcome.handoffs and not intent.is_unsure:
                asked = evolve(message, text=_question_beside(left, message.text, intent))
                if vector and asked.text == intent.asked:
                    meaning = self._embed(asked.text, message.language, limitations)
            seen = tuple(history[-self._memory.history :]) if self._memory.history else ()
            turn = self._recall(held.scope, asked, seen, tickets, meaning, limitations)
            if reply.text:
                _say(Spoken("\n\n", claim=False), reply, log)
            self._respond(turn, tools, reply, log)
            limitations += [*tools.limitations, *reply.limitations]
            read += [*turn.passages, *tools.passages]
        suspected = suspects(read, said)
        limitations += [wording(message.language).suspected(suspect) for suspect in suspected]
        if asks:
            _tell(outcome, reply, log)

        citations = self._verify(held.scope, reply)
        if unverified := sum(not citation.verified for citation in citations):
            limitations.append(wording(message.language).unverified(unverified))
        answer = Answer(
            thread_id=run.thread_id,
            run_id=run.id,
            message_id=self._ids.new("msg"),
            text=reply.text,
            language=message.language,
            citations=citations,
            unsupported=find_unsupported(reply.text, reply.claims, citations),
            tool_calls=tuple(tools.calls),
            handoff=next(iter(outcome.handoffs), None),
            more_handoffs=outcome.handoffs[1:],
            limitations=tuple(limitations),
            agent_version=f"{self._runtime.version}, {self._agent.version}",
            usage=Usage(reply.tokens.input, reply.tokens.output, round((time.monotonic() - began) * 1000)),
        )
        log.add(*map(CitationAdded, citations), MessageCompleted(answer.message_id))
        completed = RunCompleted(answer)
        decided = {"course": outcome.decision.course, "reason": outcome.decision.reason}
        event = AuditEvent("question.answered", answer.run_id, {"citations": len(citations), **decided})
        vectors = {said.id: pack(vector)} if vector and said.text == message.text else {}
        self._commit(held, completed, log.rest(), event, vectors, suspected)
        return completed

    def _embed(self, text: str, language: str, limitations: list[str]) -> tuple[float, ...]:
        try:
            return self._embedder.embed_query(text)
        except Unavailable:
            limitations.append(wording(language).words_only)
            return ()

    def _recall(
        self,
        scope: TenantScope,
        message: Message,
        history: tuple[Message, ...],
        tickets: tuple[Ticket, ...],
        vector: tuple[float, ...],
        limitations: list[str],
    ) -> Turn:
        """What the runtime answers from. A follow-up is searched together with the question that it follows.

        What waits for its vector may be just what was not found: that is a limitation.
        """
        searched, text = vector, contextual_question(message.text, history)
        if text != message.text:
            before = next(m for m in reversed(history) if m.role is Role.USER)
            searched = blend((vector, 1.0), (unpack(before.vector), 1.0))
        passages = self._retrieve(scope, text, searched)
        recalled: tuple[FoundMessage, ...] = ()
        if vector:
            with self._records.read(scope) as tx:
                if self._memory.recalled:
                    recalled = tx.conversations.nearest(vector, self._memory.recalled, message.thread_id)
                if waiting := tx.documents.waiting():
                    limitations.append(wording(message.language).unembedded(waiting))
        return Turn(
            thread_id=message.thread_id,
            run_id=message.run_id,
            question=message.text,
            language=message.language,
            vector=vector,
            history=history,
            recalled=recalled,
            passages=passages,
            tickets=tickets,
            agent=self._agent,
            scope=scope,
        )

    def _respond(self, turn: Turn, tools: TurnToolBox, reply: _Reply, log: RunLog) -> None:
        with closing(self._runtime.respond(turn, tools)) as events:
            for event in events:
                match event:
                    case Spoken():
                        _say(event, reply, log)
                    case Cited(quote):
                        reply.quotes[quote.index] = quote
                    case Tokens():
                        reply.tokens = event
                    case Limitation(text):
                        reply.limitations.append(text)

    def _record_call(self, scope: TenantScope, run_id: str, call: ToolCallRecord, evidence: Evidence | None) -> None:
        told: dict[str, str | int | float | bool | None]
        told = {"tool": call.name, "status": str(call.status), "milliseconds": call.duration_ms}
        if evidence is not None:
            told |= {"source": evidence.source, "evidence": evidence.id, "digest": evidence.digest}
        with self._records.write(scope) as tx:
            if evidence is not None:
                tx.evidence.add(evidence)
            tx.audit.append(AuditEvent("tool.called", run_id, told))

    def _verify(self, scope: TenantScope, reply: _Reply) -> tuple[Citation, ...]:
        if not reply.quotes:
            return ()
        with self._records.read(scope) as tx:
            return tuple(prove(quote, _stored_text(tx, quote)) for _, quote in sorted(reply.quotes.items()))

    def _commit(
        self,
        held: HeldLease,
        completed: RunCompleted,
        before: Sequence[RunEvent],
        event: AuditEvent,
        vectors: Mapping[str, bytes],
        suspected: Sequence[Suspect],
    ) -> None:
        answer = completed.answer
        with self._records.write(held.scope) as tx:
            tx.conversations.add_message(
                Message(
                    answer.message_id,
                    answer.thread_id,
                    answer.run_id,
                    Role.ASSISTANT,
                    answer.text,
                    answer.language,
                    self._clock.now(),
                )
            )
            if vectors:
                tx.conversations.set_vectors(vectors)
            for suspect in suspected:
                _record(tx, answer.run_id, suspect)
            tx.audit.append(event)
            tx.runs.finish(held.lease, completed, before)
            used = answer.usage.input_tokens + answer.usage.output_tokens
            count_tokens(tx, self._limits(held.scope.company_id), used, self._clock.now())
            self._tell_late_news(tx, answer)

    def _tell_late_news(self, tx: Transaction, answer: Answer) -> None:
        """Tell of a delivery that went on while the answer was under way, which says that it is queued."""
        for handoff in filter(None, (answer.handoff, *answer.more_handoffs)):
            if handoff.ticket_id is not None and handoff.status is TicketStatus.QUEUED:
                ticket = tx.tickets.get(handoff.ticket_id)
                self._tell_thread(tx, evolve(ticket, status=handoff.status), ticket)


def _question_beside(left: str, message: str, intent: Intent) -> str:
    """What is asked besides the action that a message asks for.

    Where that cannot be told apart, or some of the message is answered already, it is what is left without the
    addresses and hosts that are to be acted on: the question is not about them.
    """
    if intent.asked and left == message:
        return intent.asked
    for thing in (thing for action in intent.actions for thing in action.objects if any(map(str.isdigit, thing))):
        left = left.replace(thing, " ")
    return " ".join(left.split())


def _tell(outcome: HandoffOutcome, reply: _Reply, log: RunLog) -> None:
    """Say what has come of a request, after whatever was said before."""
    log.add(*map(HandoffMade, outcome.handoffs))
    _say(Spoken(f"\n\n{outcome.told}" if reply.text else outcome.told, claim=False), reply, log)


def _say(spoken: Spoken, reply: _Reply, log: RunLog) -> None:
    reply.say(spoken)
    log.say(spoken.text)


def _record(tx: Transaction, run_id: str, suspect: Suspect) -> None:
    told = {"origin": str(suspect.origin), "signs": ",".join(sorted(suspect.signs)), **suspect.details}
    tx.audit.append(AuditEvent("injection.suspected", suspect.subject, {"run": run_id, **told}))
    _log.warning("injection.suspected", subject=suspect.subject, **told)


def _stored_text(tx: Transaction, quote: Quote) -> str | None:
    place = quote.passage
    try:
        if is_evidence(place.document_id):
            evidence = tx.evidence.get(place.document_id)
            return evidence.text if evidence.version == place.document_version else None
        return tx.documents.text(place.document_id, place.document_version)
    except NotFound:
        return None
