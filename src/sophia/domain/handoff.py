"""Handing over: what is decided about a message that may ask for action.

The decision is SOPHIA's own: a pure policy over what the user said, who they are and what their
company wants. A model may propose a ticket; it never decides on one.
"""

from enum import StrEnum

from attrs import frozen

from sophia.domain.asked import Category, Intent
from sophia.domain.tenancy import HandoffSetting, Permission, TenantScope
from sophia.domain.tickets import TicketStatus

__all__ = ["Course", "Decision", "Handoff", "HandoffDecision", "HandoffPolicy", "HandoffReason", "Provenance"]


class Provenance(StrEnum):
    """Whose words a wish for action comes in.

    The user's message, or an earlier message to which the user now says yes, or what a model proposes, whatever it has
    read: documents, tool results, earlier answers.
    """

    USER = "user"
    CONFIRMATION = "confirmation"
    MODEL = "model"


class Course(StrEnum):
    """What is done with a message."""

    ANSWER = "answer"
    LOOK_UP = "look_up"
    HAND_OFF = "hand_off"
    CONFIRM = "confirm"
    DECLINE = "decline"


class Decision(StrEnum):
    """What is done with a message that asks for action, or may."""

    HANDED_OFF = "handed_off"
    CONFIRMATION_REQUIRED = "confirmation_required"
    DECLINED = "declined"


class HandoffReason(StrEnum):
    """Why it was decided so; worded for the user by the entry that shows it."""

    NO_ACTION = "no_action"
    ONLY_PROPOSED = "only_proposed"
    ACTION_REQUESTED = "action_requested"
    CONFIRMED = "confirmed"
    UNSURE = "unsure"
    COMPANY_CONFIRMS = "company_confirms"
    NO_PERMISSION = "no_permission"
    SWITCHED_OFF = "switched_off"
    ALREADY_ASKED = "already_asked"
    SAID_NO = "said_no"
    NOT_PLAIN = "not_plain"
    TOO_LATE = "too_late"


@frozen
class HandoffDecision:
    """What the policy says about a message, before it is worded for a user.

    Attributes:
        answers: the message is answered as a question, alone or besides.
    """

    course: Course
    reason: HandoffReason
    category: Category
    answers: bool


@frozen
class HandoffPolicy:
    """Decides whether a message is handed over. Pure: the same in, the same out.

    The truth table is `features/deciding.feature`.
    """

    def decide(
        self,
        intent: Intent,
        scope: TenantScope,
        setting: HandoffSetting,
        provenance: Provenance = Provenance.USER,
    ) -> HandoffDecision:
        """What is done.

        Args:
            intent: what the user's own words ask for; for a confirmation, those of the message that is confirmed.
            scope: who asks.
            setting: what the company wants.
            provenance: whose wish it is. A model's proposal comes to what the user's words come to without it.
        """
        confirmed = provenance is Provenance.CONFIRMATION
        category = intent.action_category
        asks = intent.asks_action or intent.is_unsure or confirmed
        refusal = _refusal(scope, setting)
        leans_to_knowing = intent.is_unsure and not intent.asks_action and not confirmed
        if category is None or not asks or (refusal and leans_to_knowing):
            course = Course.LOOK_UP if intent.category is Category.LOOKUP else Course.ANSWER
            proposed = provenance is Provenance.MODEL
            reason = HandoffReason.ONLY_PROPOSED if proposed else HandoffReason.NO_ACTION
            return HandoffDecision(course, reason, intent.category, answers=True)
        answers = intent.question and not confirmed
        if refusal:
            return HandoffDecision(Course.DECLINE, refusal, category, answers)
        if confirmed:
            return HandoffDecision(Course.HAND_OFF, HandoffReason.CONFIRMED, category, answers)
        if intent.is_unsure:
            return HandoffDecision(Course.CONFIRM, HandoffReason.UNSURE, category, answers)
        if setting is HandoffSetting.CONFIRM:
            return HandoffDecision(Course.CONFIRM, HandoffReason.COMPANY_CONFIRMS, category, answers)
        return HandoffDecision(Course.HAND_OFF, HandoffReason.ACTION_REQUESTED, category, answers)


def _refusal(scope: TenantScope, setting: HandoffSetting) -> HandoffReason | None:
    if setting is HandoffSetting.OFF:
        return HandoffReason.SWITCHED_OFF
    return None if Permission.HANDOFF in scope.permissions else HandoffReason.NO_PERMISSION


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
