"""What a message is about: itself, or the question that SOPHIA asked just before."""

from collections.abc import Sequence

from attrs import evolve, frozen

from sophia.domain.conversation import Message, Role
from sophia.domain.handoff import Decision, Handoff, HandoffReason, Provenance
from sophia.domain.replies import QUESTION_STANDS, Saying, read_reply
from sophia.domain.runs import RunCompleted
from sophia.ports.records import Transaction

__all__ = ["Heard", "hear"]


@frozen
class Heard:
    """A message, read beside the question that it may reply to.

    Attributes:
        message: the user's words to decide on: the message, what it says after a no, or the earlier message that it
            confirms.
        asked: what SOPHIA had asked whether to hand over, one for each target, where the message replies to it.
        dismissed: why that is not handed over; None where it is confirmed.
        is_bare: there is nothing in the message but the reply.
    """

    message: Message
    asked: tuple[Handoff, ...] = ()
    dismissed: HandoffReason | None = None
    is_bare: bool = False

    @property
    def provenance(self) -> Provenance:
        """Whether the user says it, or said it and now confirms it."""
        return Provenance.CONFIRMATION if self.asked and not self.dismissed else Provenance.USER


def hear(tx: Transaction, history: Sequence[Message], message: Message) -> Heard:
    """Read a message beside the question that was asked last in its thread, if it can be a reply to one.

    What is asked is the outcome of the thread's last run, and what it is asked about is the message of that run: a
    confirmation can say yes to nothing else. A message that is no reply costs no look at either.

    Args:
        tx: a transaction of the user's.
        history: the thread's messages before this one, oldest first: the last two at least.
        message: what the user says now.
    """
    reply = read_reply(message.text)
    if reply is None or len(history) < 2:  # noqa: PLR2004 - a request and a question
        return Heard(message)
    request, question = history[-2:]
    if (request.role, question.role, request.run_id) != (Role.USER, Role.ASSISTANT, question.run_id):
        return Heard(message)
    outcome = tx.runs.get(question.run_id).outcome
    handoffs = outcome.answer.handoffs if isinstance(outcome, RunCompleted) else ()
    # What another target has already is told beside the question, and not asked about.
    asked = tuple(one for one in handoffs if one.decision is Decision.CONFIRMATION_REQUIRED)
    if not asked:
        return Heard(message)
    # A word or two tell no language: it is still the one of the request.
    bare = evolve(message, language=request.language)
    if reply.saying is Saying.NO:
        if reply.rest:
            return Heard(evolve(message, text=reply.rest), asked, HandoffReason.SAID_NO)
        return Heard(bare, asked, HandoffReason.SAID_NO, is_bare=True)
    if reply.saying is Saying.YES_AND_MORE:
        return Heard(message, asked, HandoffReason.NOT_PLAIN)
    if message.created_at - question.created_at > QUESTION_STANDS:
        return Heard(bare, asked, HandoffReason.TOO_LATE, is_bare=True)
    return Heard(request, asked, is_bare=True)
