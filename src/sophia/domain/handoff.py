"""Handing over: what a message asks for, what is decided about it, and the ticket that comes of it.

The decision is SOPHIA's own: a pure policy over what the user said, who they are and what their
company wants. A model may propose a ticket; it never decides on one.
"""

from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from sophia.domain.tenancy import HandoffSetting, Permission, TenantScope

__all__ = [
    "BOUNDARY",
    "Action",
    "Category",
    "Decision",
    "Handoff",
    "HandoffDecision",
    "HandoffPolicy",
    "HandoffReason",
    "Intent",
    "Priority",
    "Target",
    "Ticket",
    "TicketStatus",
    "delivery_key",
]


class Category(StrEnum):
    """What a message asks for. The first three are action, for another agent; the others SOPHIA answers."""

    PROVISIONING = "provisioning"
    CHANGE = "change"
    TROUBLESHOOTING = "troubleshooting"
    KNOWLEDGE = "knowledge"
    LOOKUP = "lookup"
    OTHER = "other"

    @property
    def is_action(self) -> bool:
        """Whether somebody has to change or repair something for it."""
        return self in (Category.PROVISIONING, Category.CHANGE, Category.TROUBLESHOOTING)


@frozen
class Action:
    """One thing that is asked to be done, and to what: in the user's own words."""

    action: str
    objects: tuple[str, ...] = ()


BOUNDARY = 0.5
"""Where a message's score for action turns from knowing to doing."""


@frozen
class Intent:
    """What a message asks for, as the classifier reads it.

    Attributes:
        score: how surely action is asked for, 0 to 1; `BOUNDARY` parts doing from knowing.
        question: the message also asks to know something.
    """

    category: Category
    score: float
    question: bool = False
    actions: tuple[Action, ...] = ()

    @property
    def asks_action(self) -> bool:
        """On which side of the boundary the message lies."""
        return self.score >= BOUNDARY


class Decision(StrEnum):
    """What is done with a message that asks for action."""

    HANDED_OFF = "handed_off"
    DECLINED = "declined"


class HandoffReason(StrEnum):
    """Why the policy decided as it did; worded for the user by the entry that shows it."""

    ACTION_REQUESTED = "action_requested"
    NO_PERMISSION = "no_permission"
    SWITCHED_OFF = "switched_off"


@frozen
class HandoffDecision:
    """What the policy says about a message, before it is worded for a user."""

    decision: Decision
    category: Category
    reason: HandoffReason


@frozen
class HandoffPolicy:
    """Decides whether a message is handed over. Pure: the same in, the same out."""

    def decide(self, intent: Intent, scope: TenantScope, setting: HandoffSetting) -> HandoffDecision | None:
        """The decision, or None when the message asks for no action."""
        if not intent.asks_action:
            return None
        if setting is HandoffSetting.OFF:
            return HandoffDecision(Decision.DECLINED, intent.category, HandoffReason.SWITCHED_OFF)
        if Permission.HANDOFF not in scope.permissions:
            return HandoffDecision(Decision.DECLINED, intent.category, HandoffReason.NO_PERMISSION)
        return HandoffDecision(Decision.HANDED_OFF, intent.category, HandoffReason.ACTION_REQUESTED)


class Priority(StrEnum):
    """How soon somebody should look: what has stopped working comes first."""

    NORMAL = "normal"
    HIGH = "high"


@frozen
class Target:
    """An agent that takes tickets, and the categories that go to it."""

    name: str
    categories: frozenset[Category] = field(
        default=frozenset({Category.PROVISIONING, Category.CHANGE, Category.TROUBLESHOOTING})
    )


class TicketStatus(StrEnum):
    """How far the delivery of a ticket has come."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    REJECTED = "rejected"


@frozen
class Ticket:
    """A request for action on its way to another agent.

    Title, actions and message are the user's own words. ``key`` makes its delivery the same
    ticket however often it is tried.
    """

    id: str
    key: str
    target: str
    company_id: str
    user_id: str
    thread_id: str
    run_id: str
    category: Category
    priority: Priority
    title: str
    user_message: str = field(repr=False)
    actions: tuple[Action, ...]
    language: str
    created_at: datetime
    status: TicketStatus = TicketStatus.QUEUED
    external_id: str | None = None
    reason: str | None = None


@frozen
class Handoff:
    """What an answer says about the action its message asked for."""

    decision: Decision
    target: str
    category: Category
    reason: str
    summary: str = ""
    ticket_id: str | None = None
    external_id: str | None = None
    status: TicketStatus | None = None


def delivery_key(company_id: str, thread_id: str, run_id: str, target: str) -> str:
    """The idempotency key of a ticket's delivery: from where it was asked for, never from what was said."""
    return "/".join((company_id, thread_id, run_id, target))
