"""What goes in and out of an agent's turn, whichever runtime plays it."""

from typing import TypeAlias

from attrs import field, frozen

from sophia.domain.citation import Quote
from sophia.domain.conversation import FoundMessage, Message
from sophia.domain.evidence import Evidence
from sophia.domain.instructions import AgentDefinition, sophia
from sophia.domain.knowledge import Passage
from sophia.domain.named_lookups import LookupPlan
from sophia.domain.runs import ToolStatus
from sophia.domain.tenancy import TenantScope
from sophia.domain.tickets import Ticket

__all__ = ["AgentEvent", "Cited", "Limitation", "Spoken", "Tokens", "ToolCall", "ToolResult", "ToolSpec", "Turn"]

_NO_LOOKUPS = LookupPlan()


@frozen
class Turn:
    """All that a runtime is given to answer one message.

    Attributes:
        question: the user's words; the only text in here that carries intent.
        vector: of the question.
        history: the thread's last messages before this one, oldest first.
        recalled: earlier messages of the same user, from any thread, near the question.
        passages: what the knowledge base has on it, best first.
        tickets: what was handed over in the thread, newest first, and how far it is; a note in one is not the user's.
        lookups: what of the question is looked up, for a runtime without a model; one with a model chooses itself.
        agent: who is to answer.
        scope: whose turn it is, for a runtime that keeps something for the company or the thread.
    """

    thread_id: str
    run_id: str
    question: str = field(repr=False)
    language: str
    vector: tuple[float, ...] = field(default=(), repr=False)
    history: tuple[Message, ...] = ()
    recalled: tuple[FoundMessage, ...] = ()
    passages: tuple[Passage, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    lookups: LookupPlan = _NO_LOOKUPS
    agent: AgentDefinition = field(factory=sophia)
    scope: TenantScope | None = None

    @property
    def recalled_from(self) -> frozenset[str]:
        """The threads that the recalled messages are from."""
        return frozenset(found.message.thread_id for found in self.recalled)


@frozen
class Spoken:
    """The next stretch of the reply.

    ``claim`` is False for words that assert nothing about the subject (a greeting, a lead-in).
    """

    text: str
    claim: bool = True


@frozen
class Cited:
    """The quote behind a marker ``[index]`` of the reply; sent before the text that carries the marker or after."""

    quote: Quote


@frozen
class Tokens:
    """What the reply has cost, told once at its end by runtimes that know."""

    input: int
    output: int


@frozen
class Limitation:
    """What the reply lacks, in the user's language: that it was cut short, say."""

    text: str


AgentEvent: TypeAlias = Spoken | Cited | Tokens | Limitation


@frozen
class ToolSpec:
    """A tool as an agent sees it; ``parameters`` is a JSON Schema of an object."""

    name: str
    description: str
    parameters: dict[str, object] = field(hash=False)


@frozen
class ToolCall:
    """An agent asks for a tool; ``arguments`` is None where what it passes cannot be read as a JSON object."""

    id: str
    name: str
    arguments: dict[str, object] | None = field(hash=False)


@frozen
class ToolResult:
    """What came of a tool call. ``content`` is data for the agent, never an instruction to SOPHIA.

    ``evidence`` is what a look-up has found.
    """

    call_id: str
    status: ToolStatus
    content: dict[str, object] = field(hash=False)
    passages: tuple[Passage, ...] = ()
    evidence: Evidence | None = None
