"""One turn, from the stored message to the stored answer: recall, decide, retrieve, respond, verify, commit."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from attrs import define, evolve, field, frozen

from sophia.application.handoff import HandOff, HandoffOutcome
from sophia.application.hear import Heard, hear
from sophia.application.leases import HeldLease
from sophia.application.limits import count_tokens
from sophia.application.look_up import LookUp
from sophia.application.plan_lookups import PlanLookups
from sophia.application.prove_quotes import ProveQuotes
from sophia.application.recall import Asked, Recall, TurnMemory
from sophia.application.retrieve import Retrieve
from sophia.application.run_log import LogWriter, RunLog
from sophia.application.tickets import AnswerStatus, TellThread
from sophia.application.toolbox import TurnToolBox
from sophia.application.wording import wording
from sophia.domain.agents import Cited, Limitation, Spoken, Tokens, Turn
from sophia.domain.asked import Category, Intent
from sophia.domain.audit import AuditEvent
from sophia.domain.citation import Quote, find_unsupported
from sophia.domain.conversation import Message, Role
from sophia.domain.evidence import Evidence
from sophia.domain.handoff import Course
from sophia.domain.instructions import AgentDefinition
from sophia.domain.intent import IntentClassifier
from sophia.domain.named_lookups import LookupPlan
from sophia.domain.runs import (
    Answer,
    CitationAdded,
    HandoffMade,
    MessageCompleted,
    Run,
    RunCompleted,
    ToolCallRecord,
    Usage,
)
from sophia.domain.suspicion import Suspect, suspects
from sophia.domain.tenancy import TenantScope
from sophia.domain.tickets import Ticket, TicketStatus
from sophia.domain.vectors import pack, unpack
from sophia.errors import SophiaError, Unavailable
from sophia.logs import get_logger
from sophia.ports.agent_runtime import AgentRuntime
from sophia.ports.embedder import Embedder
from sophia.ports.records import Records, Transaction
from sophia.ports.system import Clock, Ids

__all__ = ["PlayTurn"]

_QUESTION_AND_REPLY = 2  # messages that a yes may be about, however little a turn remembers besides

_TICKETS = 10
"""The newest tickets of its thread that a turn knows of."""

_log = get_logger(__name__)


@define
class _Reply:
    """What has been said so far, which stretches of it claim something, and what they quote."""

    text: str = ""
    claims: list[tuple[int, int]] = field(factory=list)
    quotes: dict[int, Quote] = field(factory=dict)
    limitations: list[str] = field(factory=list)

    def say(self, spoken: Spoken) -> None:
        if spoken.claim:
            start = len(self.text)
            if self.claims and self.claims[-1][1] == start:  # a sentence may come in many pieces
                start, _ = self.claims.pop()
            self.claims.append((start, len(self.text) + len(spoken.text)))
        self.text += spoken.text


@frozen
class _Words:
    """What a turn begins with.

    Attributes:
        said: the user's message as it is stored.
        heard: what it comes to: a plain yes stands for the message that it agrees to.
        history: the thread's messages before it, oldest first.
        tickets: the newest of the thread.
        vector: of the words that are decided on; empty where there is none.
    """

    said: Message
    heard: Heard
    history: tuple[Message, ...]
    tickets: tuple[Ticket, ...]
    vector: tuple[float, ...]

    @property
    def message(self) -> Message:
        """The words that are decided on."""
        return self.heard.message


@frozen
class _Decided:
    """What is made of the words: what they ask for, what is looked up, and what was handed over."""

    intent: Intent
    plan: LookupPlan
    outcome: HandoffOutcome

    @property
    def asks(self) -> bool:
        """Whether the user is asked first."""
        return self.outcome.decision.course is Course.CONFIRM


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
        recall: Recall,
        look_up: LookUp,
        plan_lookups: PlanLookups,
        runtime: AgentRuntime,
        prove_quotes: ProveQuotes,
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
        self._recall = recall
        self._look_up = look_up
        self._plan_lookups = plan_lookups
        self._runtime = runtime
        self._prove_quotes = prove_quotes
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
        scope, log, reply = held.scope, RunLog(self._writer, held), _Reply()
        words = self._hear(scope, run, reply)
        decided = self._decide(scope, run, words)
        if decided.outcome.handoffs and not decided.asks:
            _tell(decided.outcome, reply, log)
        question = self._tell_status(scope, words, decided, reply, log)
        tools = self._tools(scope, run, words, decided, log)
        with self._spending(scope, tools):
            read = list(decided.outcome.enclosed)
            if question is not None:
                turn, limitations = self._recall(scope, question)
                reply.limitations += limitations
                if reply.text:
                    _say(Spoken("\n\n", claim=False), reply, log)
                self._respond(turn, tools, reply, log)
                read += [*turn.passages, *tools.passages]
            suspected = suspects(read, words.said)
            reply.limitations += [wording(words.message.language).suspected(suspect) for suspect in suspected]
            if decided.asks:
                _tell(decided.outcome, reply, log)
            answer = self._answer(scope, run, words, decided, tools, reply)
            answer = evolve(answer, usage=evolve(answer.usage, latency_ms=round((time.monotonic() - began) * 1000)))
            return self._commit(held, log, words, decided, answer, suspected)

    @contextmanager
    def _spending(self, scope: TenantScope, tools: TurnToolBox) -> Iterator[None]:
        """What a turn has cost counts although it fails; with an answer it is counted where that is stored."""
        try:
            yield
        except BaseException:
            self._count(scope, tools.tokens)
            raise

    def _count(self, scope: TenantScope, tokens: Tokens) -> None:
        try:
            with self._records.write(scope) as tx:
                count_tokens(tx, tokens.total, self._clock.now())
        except SophiaError as error:
            _log.warning("tokens.not_counted", tenant=scope.company_id, tokens=tokens.total, error=type(error).__name__)

    def _hear(self, scope: TenantScope, run: Run, reply: _Reply) -> _Words:
        """The user's words, with what they follow."""
        remembered = max(self._memory.history, _QUESTION_AND_REPLY)
        with self._records.read(scope) as tx:
            *history, said = tx.conversations.last_messages(run.thread_id, remembered + 1)
            heard = hear(tx, history, said)
            tickets = tx.tickets.of_thread(run.thread_id, _TICKETS) if history else ()
        message = heard.message
        vector = unpack(message.vector) if message.vector else self._embed(message.text, message.language, reply)
        return _Words(said, heard, tuple(history), tickets, vector)

    def _decide(self, scope: TenantScope, run: Run, words: _Words) -> _Decided:
        """What the words ask for, what is looked up for them, and what is handed over."""
        intent = self._classify(words.message.text, words.vector)
        plan = self._plan_lookups(scope, words.message, words.history, intent, words.vector)
        if plan.settles:
            intent = Intent(Category.LOOKUP, 0.0, question=True)
        return _Decided(intent, plan, self._hand_off(scope, run.id, words.heard, intent, words.vector))

    def _tell_status(
        self, scope: TenantScope, words: _Words, decided: _Decided, reply: _Reply, log: RunLog
    ) -> Asked | None:
        """Answer what asks how tickets are doing; what is left to answer, None where that is nothing."""
        plan, outcome = decided.plan, decided.outcome
        asks_more = outcome.decision.answers or (decided.asks and bool(plan.planned))
        told = evolve(words.message, text=plan.rest) if plan.answers else words.message
        status = self._answer_status(scope, told, words.tickets) if told.text else None
        left = words.message.text
        if status is not None:
            _say(Spoken(f"\n\n{status.told}" if reply.text else status.told, claim=False), reply, log)
            left = status.rest
            plan = evolve(plan, rest=status.rest) if plan.answers else plan
            asks_more = plan.answers or ("?" in left if outcome.handoffs else bool(left))
        if not asks_more:
            return None
        if not outcome.handoffs or decided.intent.is_unsure:
            return Asked(words.message, words.history, words.tickets, left, words.vector, plan)
        asked, vector = _question_beside(left, words.message.text, decided.intent), words.vector
        if vector and asked == decided.intent.asked:
            vector = self._embed(asked, words.message.language, reply)
        return Asked(words.message, words.history, words.tickets, asked, vector, plan)

    def _tools(self, scope: TenantScope, run: Run, words: _Words, decided: _Decided, log: RunLog) -> TurnToolBox:
        return TurnToolBox(
            scope,
            run,
            self._retrieve,
            self._look_up,
            self._embedder,
            lambda: self._hand_off.propose(scope, run.id, decided.intent, decided.outcome),
            lambda call, evidence: self._record_call(scope, run.id, call, evidence),
            log,
            words.message.language,
            self._agent.tools,
        )

    def _answer(
        self, scope: TenantScope, run: Run, words: _Words, decided: _Decided, tools: TurnToolBox, reply: _Reply
    ) -> Answer:
        """What was said, with every quote checked."""
        language = words.message.language
        citations = self._prove_quotes(scope, reply.quotes.values())
        if unverified := sum(not citation.verified for citation in citations):
            reply.limitations.append(wording(language).unverified(unverified))
        handoffs = decided.outcome.handoffs
        return Answer(
            thread_id=run.thread_id,
            run_id=run.id,
            message_id=self._ids.new("msg"),
            text=reply.text,
            language=language,
            citations=citations,
            unsupported=find_unsupported(reply.text, reply.claims, citations),
            tool_calls=tuple(tools.calls),
            handoff=next(iter(handoffs), None),
            more_handoffs=handoffs[1:],
            limitations=tuple(reply.limitations),
            agent_version=f"{self._runtime.version}, {self._agent.version}",
            usage=Usage(tools.tokens.input, tools.tokens.output),
        )

    def _embed(self, text: str, language: str, reply: _Reply) -> tuple[float, ...]:
        try:
            return self._embedder.embed_query(text)
        except Unavailable:
            reply.limitations.append(wording(language).words_only)
            return ()

    def _respond(self, turn: Turn, tools: TurnToolBox, reply: _Reply, log: RunLog) -> None:
        limitations = list[str]()
        with closing(self._runtime.respond(turn, tools)) as events:
            for event in events:
                match event:
                    case Spoken():
                        _say(event, reply, log)
                    case Cited(quote):
                        reply.quotes[quote.index] = quote
                    case Limitation(text):
                        limitations.append(text)
        reply.limitations += [*tools.limitations, *limitations]

    def _record_call(self, scope: TenantScope, run_id: str, call: ToolCallRecord, evidence: Evidence | None) -> None:
        told: dict[str, str | int | float | bool | None]
        told = {"tool": call.name, "status": str(call.status), "milliseconds": call.duration_ms}
        if evidence is not None:
            told |= {"source": evidence.source, "evidence": evidence.id, "digest": evidence.digest}
        with self._records.write(scope) as tx:
            if evidence is not None:
                tx.evidence.add(evidence)
            tx.audit.append(AuditEvent("tool.called", run_id, told))

    def _commit(
        self,
        held: HeldLease,
        log: RunLog,
        words: _Words,
        decided: _Decided,
        answer: Answer,
        suspected: Sequence[Suspect],
    ) -> RunCompleted:
        log.add(*map(CitationAdded, answer.citations), MessageCompleted(answer.message_id))
        completed, before = RunCompleted(answer), log.rest()
        now, decision = self._clock.now(), decided.outcome.decision
        answered = AuditEvent(
            "question.answered",
            answer.run_id,
            {"citations": len(answer.citations), "course": decision.course, "reason": decision.reason},
        )
        reply = Message(
            answer.message_id, answer.thread_id, answer.run_id, Role.ASSISTANT, answer.text, answer.language, now
        )
        with self._records.write(held.scope) as tx:
            tx.conversations.add_message(reply)
            if words.vector and words.said.text == words.message.text:
                tx.conversations.set_vectors({words.said.id: pack(words.vector)})
            for suspect in suspected:
                _record(tx, answer.run_id, suspect)
            tx.audit.append(answered)
            tx.runs.finish(held.lease, completed, before)
            count_tokens(tx, answer.usage.input_tokens + answer.usage.output_tokens, now)
            self._tell_late_news(tx, answer)
        return completed

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
