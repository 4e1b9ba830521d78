"""Handing over: what is decided about a message that asks for action.

The decision is SOPHIA's own: a pure policy over what the user said, who they are and what their
company wants. A model may propose a ticket; it never decides on one.
"""

from enum import StrEnum

from attrs import frozen

from sophia.domain.asked import Category, Intent
from sophia.domain.tenancy import HandoffSetting, Permission, TenantScope
from sophia.domain.tickets import TicketStatus

__all__ = ["Decision", "Handoff", "HandoffDecision", "HandoffPolicy", "HandoffReason"]


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
