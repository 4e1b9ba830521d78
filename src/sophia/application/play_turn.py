"""One turn, from the stored message to the stored answer: recall, decide, retrieve, respond, verify, commit."""

import time
from collections.abc import Sequence
from contextlib import closing

from attrs import define, evolve, field, frozen

from sophia.application.handoff import HandOff
from sophia.application.leases import HeldLease
from sophia.application.retrieve import Retrieve
from sophia.application.run_log import LogWriter, RunLog
from sophia.application.toolbox import TurnToolBox
from sophia.application.wording import wording
from sophia.domain.agents import Cited, Limitation, Spoken, Tokens, Turn
from sophia.domain.asked import Action
from sophia.domain.audit import AuditEvent
from sophia.domain.citation import Citation, Quote, find_unsupported, prove
from sophia.domain.conversation import FoundMessage, Message, Role
from sophia.domain.followup import contextual_question
from sophia.domain.intent import IntentClassifier
from sophia.domain.runs import Answer, CitationAdded, HandoffMade, MessageCompleted, Run, RunCompleted, RunEvent, Usage
from sophia.domain.suspicion import Suspect, suspects
from sophia.domain.tenancy import TenantScope
from sophia.domain.vectors import blend, pack, unpack
from sophia.errors import NotFound, Unavailable
from sophia.logs import get_logger
from sophia.ports.agent_runtime import AgentRuntime
from sophia.ports.embedder import Embedder
from sophia.ports.records import Records, Transaction
from sophia.ports.system import Clock, Ids

__all__ = ["PlayTurn", "TurnMemory"]

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
        retrieve: Retrieve,
        runtime: AgentRuntime,
        writer: LogWriter,
        clock: Clock,
        ids: Ids,
        memory: TurnMemory,
    ) -> None:
        self._records = records
        self._embedder = embedder
        self._classify = classify
        self._hand_off = hand_off
        self._retrieve = retrieve
        self._runtime = runtime
        self._writer = writer
        self._clock = clock
        self._ids = ids
        self._memory = memory

    def __call__(self, held: HeldLease, run: Run) -> RunCompleted:
        """Play the turn and commit its answer.

        Raises:
            Cancelled: the run is to stop.
            LeaseLost: somebody else has taken it.
            Unavailable: what the answer needs does not answer.
        """
        began = time.monotonic()
        log = RunLog(self._writer, held)
        reply, limitations, suspected = _Reply(), list[str](), tuple[Suspect, ...]()
        with self._records.read(held.scope) as tx:
            *history, message = tx.conversations.last_messages(run.thread_id, self._memory.history + 1)
        vector = self._embed(message, limitations)

        intent = self._classify(message.text, vector)
        outcome = self._hand_off(held.scope, message, intent)
        handoff = outcome.handoff if outcome else None
        if outcome is not None:
            log.add(HandoffMade(outcome.handoff))
            _say(Spoken(outcome.told, claim=False), reply, log)

        tools = TurnToolBox(held.scope, self._retrieve, self._embedder, handoff, log, message.language)
        if handoff is None or intent.question:
            if handoff is not None:
                _say(Spoken("\n\n", claim=False), reply, log)
            asked = evolve(message, text=_without(message.text, intent.actions)) if handoff else message
            turn = self._recall(held.scope, asked, tuple(history), vector, limitations)
            self._respond(turn, tools, reply, log)
            limitations += [*tools.limitations, *reply.limitations]
            suspected = suspects((*turn.passages, *tools.passages), message)
            limitations += [wording(message.language).suspected(suspect) for suspect in suspected]

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
            handoff=handoff,
            limitations=tuple(limitations),
            agent_version=self._runtime.version,
            usage=Usage(reply.tokens.input, reply.tokens.output, round((time.monotonic() - began) * 1000)),
        )
        log.add(*map(CitationAdded, citations), MessageCompleted(answer.message_id))
        completed = RunCompleted(answer)
        self._commit(held, completed, log.rest(), message, vector, suspected)
        return completed

    def _embed(self, message: Message, limitations: list[str]) -> tuple[float, ...]:
        try:
            return self._embedder.embed_query(message.text)
        except Unavailable:
            limitations.append(wording(message.language).words_only)
            return ()

    def _recall(
        self,
        scope: TenantScope,
        message: Message,
        history: tuple[Message, ...],
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
            message.thread_id, message.run_id, message.text, message.language, vector, history, recalled, passages
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
        message: Message,
        vector: tuple[float, ...],
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
            if vector:
                tx.conversations.set_vectors({message.id: pack(vector)})
            for suspect in suspected:
                _record(tx, answer.run_id, suspect)
            tx.audit.append(AuditEvent("question.answered", answer.run_id, {"citations": len(answer.citations)}))
            tx.runs.finish(held.lease, completed, before)


def _without(text: str, actions: Sequence[Action]) -> str:
    """A message without the addresses and hosts that are to be acted on: what is asked besides is not about them."""
    for thing in (thing for action in actions for thing in action.objects if any(map(str.isdigit, thing))):
        text = text.replace(thing, " ")
    return " ".join(text.split())


def _say(spoken: Spoken, reply: _Reply, log: RunLog) -> None:
    reply.say(spoken)
    log.say(spoken.text)


def _record(tx: Transaction, run_id: str, suspect: Suspect) -> None:
    told = {"origin": str(suspect.origin), "signs": ",".join(sorted(suspect.signs)), **suspect.details}
    tx.audit.append(AuditEvent("injection.suspected", suspect.subject, {"run": run_id, **told}))
    _log.warning("injection.suspected", subject=suspect.subject, **told)


def _stored_text(tx: Transaction, quote: Quote) -> str | None:
    try:
        return tx.documents.text(quote.passage.document_id, quote.passage.document_version)
    except NotFound:
        return None
