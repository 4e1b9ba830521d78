"""Handing a request for action over: the decision, the ticket, its delivery and the record of it, stored together."""

from collections.abc import Sequence

from attrs import frozen

from sophia.application.deliver_tickets import DeliverTickets
from sophia.application.identity import SystemIdentity
from sophia.application.wording import wording
from sophia.domain.asked import Category, Intent
from sophia.domain.audit import AuditEvent
from sophia.domain.conversation import Message, thread_title
from sophia.domain.handoff import Decision, Handoff, HandoffDecision, HandoffPolicy
from sophia.domain.tenancy import TenantScope
from sophia.domain.tickets import Priority, Target, Ticket, delivery_key
from sophia.ports.identity import TenantDirectory
from sophia.ports.records import Records
from sophia.ports.system import Clock, Ids

__all__ = ["HandOff", "HandoffOutcome"]


@frozen
class HandoffOutcome:
    """What was decided about a request for action, and the words that tell the user."""

    handoff: Handoff
    told: str


class HandOff:
    """Decides about a message's request for action and, when it is to be handed over, makes the ticket."""

    def __init__(
        self,
        records: Records,
        directory: TenantDirectory,
        system: SystemIdentity,
        deliver: DeliverTickets,
        policy: HandoffPolicy,
        targets: Sequence[Target],
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._records = records
        self._directory = directory
        self._system = system
        self._deliver = deliver
        self._policy = policy
        self._targets = targets
        self._clock = clock
        self._ids = ids

    def __call__(self, scope: TenantScope, message: Message, intent: Intent) -> HandoffOutcome | None:
        """What was decided; None when the message asks for no action.

        The ticket is stored, with its delivery and its audit entry, before this returns, and has been
        tried once; executed again for the same run, it is the same ticket.
        """
        setting = self._directory.company(scope.company_id).handoff
        decision = self._policy.decide(intent, scope, setting)
        if decision is None:
            return None
        target = self._target(decision.category)
        words = wording(message.language)
        reason = words.reason(decision.reason)
        if decision.decision is Decision.DECLINED:
            self._record_refusal(scope, message, decision, target)
            declined = Handoff(Decision.DECLINED, target.name, decision.category, reason)
            return HandoffOutcome(declined, words.declined(decision.reason, target.name))
        ticket = self._open(scope, message, intent, target)
        made = Handoff(
            Decision.HANDED_OFF,
            ticket.target,
            ticket.category,
            reason,
            summary=ticket.title,
            ticket_id=ticket.id,
            external_id=ticket.external_id,
            status=ticket.status,
        )
        return HandoffOutcome(made, words.handed_off(ticket))

    def _open(self, scope: TenantScope, message: Message, intent: Intent, target: Target) -> Ticket:
        now = self._clock.now()
        ticket = Ticket(
            id=self._ids.new("tkt"),
            key=delivery_key(scope.company_id, message.thread_id, message.run_id, target.name),
            target=target.name,
            company_id=scope.company_id,
            user_id=scope.user_id,
            thread_id=message.thread_id,
            run_id=message.run_id,
            category=intent.category,
            priority=Priority.HIGH if intent.category is Category.TROUBLESHOOTING else Priority.NORMAL,
            title=thread_title(message.text, 120),
            user_message=message.text,
            actions=intent.actions,
            language=message.language,
            created_at=now,
        )
        with self._records.write(scope) as tx:
            stored = tx.tickets.add(ticket)
            if stored.id == ticket.id:
                self._deliver.queue(tx, ticket)
                tx.audit.append(
                    AuditEvent("handoff.made", ticket.id, {"target": target.name, "category": ticket.category})
                )
        self._deliver.at_once(self._system.scope(scope.company_id, "outbox"), stored.key)
        with self._records.read(scope) as tx:
            return tx.tickets.get(stored.id)

    def _record_refusal(self, scope: TenantScope, message: Message, decision: HandoffDecision, target: Target) -> None:
        with self._records.write(scope) as tx:
            tx.audit.append(
                AuditEvent("handoff.declined", message.run_id, {"target": target.name, "reason": decision.reason})
            )

    def _target(self, category: Category) -> Target:
        return next(target for target in self._targets if category in target.categories)
