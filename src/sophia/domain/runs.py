"""Runs: one turn of a conversation each, the events it leaves behind, and the answer it ends with."""

from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from attrs import field, frozen

from sophia.domain.citation import Citation, Unsupported
from sophia.domain.handoff import Handoff

__all__ = [
    "Answer",
    "CitationAdded",
    "HandoffMade",
    "IdempotencyKey",
    "Lease",
    "MessageCompleted",
    "MessageDelta",
    "Outcome",
    "Problem",
    "Run",
    "RunCancelled",
    "RunCompleted",
    "RunEvent",
    "RunFailed",
    "RunStarted",
    "RunStatus",
    "Sequenced",
    "Standing",
    "ToolCallRecord",
    "ToolFinished",
    "ToolStarted",
    "ToolStatus",
    "Usage",
]


class RunStatus(StrEnum):
    """Where a run stands; all but the first are final."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_live(self) -> bool:
        """Whether the run still has something to say."""
        return self is RunStatus.RUNNING


class ToolStatus(StrEnum):
    """How a tool call ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    DENIED = "denied"


@frozen
class ToolCallRecord:
    """A tool call of a turn, as the answer tells of it."""

    name: str
    status: ToolStatus
    duration_ms: int
    evidence_id: str | None = None


@frozen
class Usage:
    """What a turn took: tokens of the model (0 where there is none) and milliseconds in all."""

    input_tokens: int = 0
    output_tokens: int = 0
    latency_ms: int = 0


@frozen
class Answer:
    """What a turn ends with. Offsets of ``unsupported`` are code points of ``text``.

    Attributes:
        handoff: what was decided about the action that the message asks for; None where it asks for none.
        more_handoffs: the same for each further target that it asks something of.
    """

    thread_id: str
    run_id: str
    message_id: str
    text: str
    language: str
    citations: tuple[Citation, ...] = ()
    unsupported: tuple[Unsupported, ...] = ()
    tool_calls: tuple[ToolCallRecord, ...] = ()
    handoff: Handoff | None = None
    limitations: tuple[str, ...] = ()
    agent_version: str = ""
    usage: Usage = Usage()
    more_handoffs: tuple[Handoff, ...] = ()

    @property
    def handoffs(self) -> tuple[Handoff, ...]:
        """All of them."""
        return (self.handoff, *self.more_handoffs) if self.handoff else ()


@frozen
class Problem:
    """Why a run failed, safe to show: ``code`` for programs, ``detail`` for people."""

    code: str
    detail: str
    retry_after: float | None = None


@frozen
class RunStarted:
    """The run is under way."""

    run_id: str
    thread_id: str


@frozen
class MessageDelta:
    """The next stretch of the answer's text."""

    text: str


@frozen
class ToolStarted:
    """A tool call was authorised and has begun."""

    call_id: str
    name: str


@frozen
class ToolFinished:
    """A tool call has ended."""

    call_id: str
    status: ToolStatus
    evidence_id: str | None = None


@frozen
class CitationAdded:
    """A citation of the answer, checked."""

    citation: Citation


@frozen
class HandoffMade:
    """What was decided about the action the message asked for; a ticket it names is stored already."""

    handoff: Handoff


@frozen
class MessageCompleted:
    """The answer's text is whole."""

    message_id: str


@frozen
class RunCompleted:
    """Last event of a run that went well; its text supersedes the deltas."""

    answer: Answer


@frozen
class RunFailed:
    """Last event of a run that did not."""

    problem: Problem


@frozen
class RunCancelled:
    """Last event of a run that was cancelled."""


Outcome: TypeAlias = RunCompleted | RunFailed | RunCancelled
"""How a run ends."""

RunEvent: TypeAlias = (
    RunStarted | MessageDelta | ToolStarted | ToolFinished | CitationAdded | HandoffMade | MessageCompleted | Outcome
)


@frozen
class Sequenced:
    """An event in its place: sequences of one log start at 1 and have no gap."""

    sequence: int
    event: Any


@frozen
class IdempotencyKey:
    """A caller's key for one request, and the digest of the request's body."""

    key: str
    body_digest: str
    expires_at: datetime


@frozen
class Run:
    """One turn: the user's message is stored with it, its outcome when it ends.

    Attributes:
        outcome: the last event, None while the run is live.
        attempt: how often an execution of it has begun.
    """

    id: str
    thread_id: str
    message_id: str
    status: RunStatus
    created_at: datetime
    outcome: Outcome | None = field(default=None, repr=False)
    attempt: int = 0
    cancel_requested: bool = False


class Standing(StrEnum):
    """How a lease stands, seen from the one who holds it."""

    HELD = "held"
    TO_STOP = "to-stop"
    LOST = "lost"


@frozen
class Lease:
    """The right to write to one piece of work until it expires.

    ``fence`` grows with each lease on the same work; a write with an older one is refused.
    """

    work_id: str
    owner: str
    fence: int
