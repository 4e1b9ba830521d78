"""What a turn answers from."""

from attrs import frozen

from sophia.application.retrieve import Retrieve
from sophia.application.wording import wording
from sophia.domain.agents import Turn
from sophia.domain.conversation import FoundMessage, Message, Role
from sophia.domain.followup import contextual_question
from sophia.domain.instructions import AgentDefinition
from sophia.domain.named_lookups import LookupPlan
from sophia.domain.tenancy import TenantScope
from sophia.domain.tickets import Ticket
from sophia.domain.vectors import blend, unpack
from sophia.ports.records import Records

__all__ = ["Asked", "Recall", "TurnMemory"]


@frozen
class TurnMemory:
    """How much of the past a turn sees: the thread's last messages, and earlier ones near the question."""

    history: int = 12
    recalled: int = 4


@frozen
class Asked:
    """What of a message is left to answer, and what it follows.

    Attributes:
        message: the user's words that it stands in.
        history: the thread's messages before them, oldest first.
        tickets: the newest of the thread.
        question: what is left of them.
        vector: of the question; empty where there is none.
        plan: what is looked up for it.
    """

    message: Message
    history: tuple[Message, ...]
    tickets: tuple[Ticket, ...]
    question: str
    vector: tuple[float, ...]
    plan: LookupPlan


class Recall:
    """Puts together what a runtime is given: passages, what was said before, and what it is."""

    def __init__(self, records: Records, retrieve: Retrieve, memory: TurnMemory, agent: AgentDefinition) -> None:
        self._records = records
        self._retrieve = retrieve
        self._memory = memory
        self._agent = agent

    def __call__(self, scope: TenantScope, asked: Asked) -> tuple[Turn, tuple[str, ...]]:
        """The turn, and what limits it: what was not read, or waits for its vector, may be just what was not found.

        A follow-up is searched together with the question that it follows.
        """
        message, vector = asked.message, asked.vector
        history = asked.history[-self._memory.history :] if self._memory.history else ()
        searched, text = vector, contextual_question(asked.question, history)
        if text != asked.question:
            before = next(m for m in reversed(history) if m.role is Role.USER)
            searched = blend((vector, 1.0), (unpack(before.vector), 1.0))
        passages = self._retrieve(scope, text, searched)
        recalled: tuple[FoundMessage, ...] = ()
        limitations = list[str]()
        if vector:
            with self._records.read(scope) as tx:
                if self._memory.recalled:
                    recalled = tx.conversations.nearest(vector, self._memory.recalled, message.thread_id)
                if waiting := tx.documents.waiting():
                    limitations.append(wording(message.language).unembedded(waiting))
                elif not passages and not asked.plan.answers and not tx.documents.generation():
                    limitations.append(wording(message.language).nothing_read)
        turn = Turn(
            thread_id=message.thread_id,
            run_id=message.run_id,
            question=asked.question,
            language=message.language,
            vector=vector,
            history=history,
            recalled=recalled,
            passages=passages,
            tickets=asked.tickets,
            agent=self._agent,
            scope=scope,
            lookups=asked.plan,
        )
        return turn, tuple(limitations)
