"""Handing a request for action over: the decision, the ticket, its delivery and the record of it, stored together."""

from collections.abc import Sequence

from attrs import evolve, frozen

from sophia.application.deliver_tickets import DeliverTickets
from sophia.application.hear import Heard
from sophia.application.identity import SystemIdentity
from sophia.application.retrieve import Retrieve
from sophia.application.wording import wording
from sophia.domain.asked import Action, Category, Intent
from sophia.domain.audit import AuditEvent
from sophia.domain.conversation import Message, thread_title
from sophia.domain.handoff import (
    Course,
    Decision,
    Handoff,
    HandoffDecision,
    HandoffPolicy,
    HandoffReason,
    Provenance,
)
from sophia.domain.intent import IntentClassifier
from sophia.domain.knowledge import Passage
from sophia.domain.repeats import asks_again
from sophia.domain.suspicion import signs_of_injection
from sophia.domain.tenancy import TenantScope
from sophia.domain.tickets import Enclosure, Target, Ticket, delivery_key
from sophia.domain.urgency import urgency_of
from sophia.errors import Unavailable
from sophia.logs import get_logger
from sophia.ports.identity import TenantDirectory
from sophia.ports.records import Records
from sophia.ports.system import Clock, Ids

__all__ = ["HandOff", "HandoffOutcome"]

_ENCLOSED = 3
_LONGEST_QUOTE = 400
_LONGEST_TITLE = 120
_EARLIER = 20  # tickets of a thread that a request is compared with

_log = get_logger(__name__)


@frozen
class HandoffOutcome:
    """What was decided about a message, and the words that tell the user.

    Attributes:
        handoffs: one for each target; none where the message asks for no action, and ``told`` is empty then.
        enclosed: the passages that go with the tickets.
    """

    decision: HandoffDecision
    handoffs: tuple[Handoff, ...] = ()
    told: str = ""
    enclosed: tuple[Passage, ...] = ()


@frozen
class _Errand:
    """What one target is asked to do."""

    target: Target
    category: Category
    title: str
    actions: tuple[Action, ...]


class HandOff:
    """Decides about what a message asks for and, when it is to be handed over, makes the ticket."""

    def __init__(
        self,
        records: Records,
        directory: TenantDirectory,
        system: SystemIdentity,
        deliver: DeliverTickets,
        retrieve: Retrieve,
        classify: IntentClassifier,
        policy: HandoffPolicy,
        targets: Sequence[Target],
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._records = records
        self._directory = directory
        self._system = system
        self._deliver = deliver
        self._retrieve = retrieve
        self._classify = classify
        self._policy = policy
        self._targets = targets
        self._clock = clock
        self._ids = ids

    def __call__(
        self, scope: TenantScope, run_id: str, heard: Heard, intent: Intent, vector: tuple[float, ...] = ()
    ) -> HandoffOutcome:
        """What was decided.

        The ticket is stored, with its delivery and its audit entry, before this returns, and has been
        tried once; executed again for the same message, it is the same ticket.

        Args:
            scope: the user's.
            run_id: the run that decides.
            heard: the words to decide on.
            intent: what they ask for.
            vector: of the same words; empty where there is none.
        """
        company = self._directory.company(scope.company_id)
        company.require_active()  # it may have been suspended since the run began: nothing leaves any more
        setting = company.handoff
        if heard.asked and heard.dismissed is None:
            intent = evolve(intent, category=heard.asked[0].category)  # what was asked about, and nothing else
        decision = self._policy.decide(intent, scope, setting, heard.provenance)
        if heard.asked and heard.dismissed is not None and (heard.is_bare or not _acts(decision)):
            answers = not heard.is_bare and intent.question
            return self._dismiss(scope, run_id, heard.message.language, heard.asked, heard.dismissed, answers=answers)
        match decision.course:
            case Course.ANSWER | Course.LOOK_UP:
                return HandoffOutcome(decision)
            case Course.DECLINE:
                return self._decline(scope, run_id, heard, decision)
        hands_off = decision.course is Course.HAND_OFF
        enclosed = self._found_beside(scope, heard.message.text, vector) if hands_off else ()
        errands = self._errands(heard.message, intent, decision.category)
        if heard.provenance is Provenance.CONFIRMATION:
            targets = {one.target for one in heard.asked}
            errands = tuple(errand for errand in errands if errand.target.name in targets) or errands
        told = [self._see_to(scope, run_id, heard.message, decision, errand, enclosed) for errand in errands]
        if not any(handoff.decision is Decision.CONFIRMATION_REQUIRED for handoff, _ in told):
            # There was nothing to ask about, or nothing left.
            decision = evolve(decision, course=Course.HAND_OFF)
        handoffs, words = tuple(handoff for handoff, _ in told), "\n\n".join(said for _, said in told)
        return HandoffOutcome(decision, handoffs, words, enclosed)

    def propose(self, scope: TenantScope, run_id: str, intent: Intent, outcome: HandoffOutcome) -> HandoffOutcome:
        """What an agent's wish for a ticket comes to: what has come of the user's words; a refusal is recorded."""
        setting = self._directory.company(scope.company_id).handoff
        decision = self._policy.decide(intent, scope, setting, Provenance.MODEL)
        if outcome.handoffs:
            return outcome
        self._record(scope, AuditEvent("handoff.refused", run_id, {"reason": decision.reason}))
        return HandoffOutcome(decision)

    def _see_to(
        self,
        scope: TenantScope,
        run_id: str,
        message: Message,
        decision: HandoffDecision,
        errand: _Errand,
        enclosed: tuple[Passage, ...],
    ) -> tuple[Handoff, str]:
        """Point to the ticket that there is, ask, or open one."""
        if (twin := self._twin(scope, message, errand)) is not None:
            return self._point_to(scope, run_id, message, twin)
        if decision.course is Course.CONFIRM:
            return self._ask(scope, run_id, message, decision, errand)
        return self._open(scope, run_id, message, decision, errand, enclosed)

    def _dismiss(
        self,
        scope: TenantScope,
        run_id: str,
        language: str,
        asked: Sequence[Handoff],
        reason: HandoffReason,
        *,
        answers: bool,
    ) -> HandoffOutcome:
        """What was asked about is not handed over; what else the message asks is answered."""
        words = wording(language)
        with self._records.write(scope) as tx:
            for one in asked:
                tx.audit.append(AuditEvent("handoff.declined", run_id, {"target": one.target, "reason": reason}))
        declined = tuple(
            Handoff(Decision.DECLINED, one.target, one.category, words.reason(reason), one.summary) for one in asked
        )
        decision = HandoffDecision(Course.DECLINE, reason, asked[0].category, answers)
        return HandoffOutcome(decision, declined, words.declined(reason, asked[0].target))

    def _decline(self, scope: TenantScope, run_id: str, heard: Heard, decision: HandoffDecision) -> HandoffOutcome:
        target, words = self._target(decision.category), wording(heard.message.language)
        self._record(scope, AuditEvent("handoff.declined", run_id, {"target": target.name, "reason": decision.reason}))
        declined = Handoff(Decision.DECLINED, target.name, decision.category, words.reason(decision.reason))
        return HandoffOutcome(decision, (declined,), words.declined(decision.reason, target.name))

    def _errands(self, message: Message, intent: Intent, category: Category) -> tuple[_Errand, ...]:
        """What is asked of whom. A message is one errand, unless its actions are for different targets."""
        title = thread_title(intent.ordered if _names_all(intent) else message.text, _LONGEST_TITLE)
        whole = _Errand(self._target(category), category, title, intent.actions)
        if len(self._targets) == 1 or len(intent.actions) == 1:
            return (whole,)
        parts: dict[str, list[tuple[Category, Action]]] = {}
        for action in intent.actions:
            read = self._classify(_phrase(action))
            own = read.category if read.asks_action and not read.is_unsure else category
            parts.setdefault(self._target(own).name, []).append((own, action))
        if len(parts) < 2:  # noqa: PLR2004 - to part something takes two
            return (whole,)
        return tuple(
            _Errand(
                self._target(part[0][0]),
                part[0][0],
                thread_title("; ".join(_phrase(action) for _, action in part), _LONGEST_TITLE),
                tuple(action for _, action in part),
            )
            for part in parts.values()
        )

    def _ask(
        self, scope: TenantScope, run_id: str, message: Message, decision: HandoffDecision, errand: _Errand
    ) -> tuple[Handoff, str]:
        words, target = wording(message.language), errand.target.name
        self._record(scope, AuditEvent("handoff.asked", run_id, {"target": target, "reason": decision.reason}))
        asked = Handoff(
            Decision.CONFIRMATION_REQUIRED,
            target,
            errand.category,
            words.reason(decision.reason),
            summary=errand.title,
        )
        return asked, words.asked(target, errand.title)

    def _twin(self, scope: TenantScope, message: Message, errand: _Errand) -> Ticket | None:
        """The open ticket that another message of the thread has made of the same request."""
        with self._records.read(scope) as tx:
            earlier = tx.tickets.of_thread(message.thread_id, _EARLIER)
        others = [t for t in earlier if t.run_id != message.run_id and t.target == errand.target.name]
        return next((t for t in others if asks_again(message, errand.category, errand.actions, t)), None)

    def _point_to(self, scope: TenantScope, run_id: str, message: Message, twin: Ticket) -> tuple[Handoff, str]:
        words = wording(message.language)
        self._record(scope, AuditEvent("handoff.repeated", twin.id, {"run": run_id}))
        return _made(twin, words.reason(HandoffReason.ALREADY_ASKED)), words.repeated(twin)

    def _open(
        self,
        scope: TenantScope,
        run_id: str,
        message: Message,
        decision: HandoffDecision,
        errand: _Errand,
        enclosed: tuple[Passage, ...],
    ) -> tuple[Handoff, str]:
        words, urgency, now = wording(message.language), urgency_of(message.text), self._clock.now()
        ticket = Ticket(
            id=self._ids.new("tkt"),
            key=delivery_key(scope.company_id, message.thread_id, message.run_id, errand.target.name),
            target=errand.target.name,
            company_id=scope.company_id,
            user_id=scope.user_id,
            thread_id=message.thread_id,
            run_id=message.run_id,
            category=errand.category,
            priority=urgency.priority,
            priority_reason=words.urgency(urgency),
            title=errand.title,
            user_message=message.text,
            actions=errand.actions,
            language=message.language,
            created_at=now,
            enclosures=tuple(map(_enclosure, enclosed)),
        )
        with self._records.write(scope) as tx:
            stored = tx.tickets.add(ticket)
            if stored.id == ticket.id:
                self._deliver.queue(tx, ticket)
                why = {"category": ticket.category, "reason": decision.reason, "decided_by": run_id}
                tx.audit.append(AuditEvent("handoff.made", ticket.id, {"target": ticket.target, **why}))
        self._deliver.at_once(self._system.scope(scope.company_id, "outbox"), stored.key)
        with self._records.read(scope) as tx:
            ticket = tx.tickets.get(stored.id)
        return _made(ticket, words.reason(decision.reason)), words.handed_off(ticket)

    def _found_beside(self, scope: TenantScope, text: str, vector: tuple[float, ...]) -> tuple[Passage, ...]:
        """The best of what the company's documents say on a request. A ticket does not wait for it."""
        try:
            return self._retrieve(scope, text, vector)[:_ENCLOSED]
        except Unavailable as error:
            _log.warning("ticket.nothing_enclosed", tenant=scope.company_id, dependency=error.dependency)
            return ()

    def _record(self, scope: TenantScope, event: AuditEvent) -> None:
        with self._records.write(scope) as tx:
            tx.audit.append(event)

    def _target(self, category: Category) -> Target:
        return next(target for target in self._targets if category in target.categories)


def _acts(decision: HandoffDecision) -> bool:
    return decision.course not in (Course.ANSWER, Course.LOOK_UP)


def _names_all(intent: Intent) -> bool:
    """Whether the words that ask for action name what to act on: "ciérralo" says nothing without the question."""
    named = all(any(thing in intent.ordered for thing in action.objects) for action in intent.actions)
    return bool(intent.ordered and intent.actions and named)


def _enclosure(passage: Passage) -> Enclosure:
    return Enclosure(
        passage.title,
        passage.source,
        passage.uri,
        thread_title(passage.text, _LONGEST_QUOTE),
        passage.document_id,
        passage.document_version,
        suspected=bool(signs_of_injection(passage.title, *passage.heading, passage.text)),
    )


def _phrase(action: Action) -> str:
    return " ".join((action.action, *action.objects))


def _made(ticket: Ticket, reason: str) -> Handoff:
    return Handoff(
        Decision.HANDED_OFF,
        ticket.target,
        ticket.category,
        reason,
        summary=ticket.title,
        ticket_id=ticket.id,
        external_id=ticket.external_id,
        status=ticket.status,
    )
