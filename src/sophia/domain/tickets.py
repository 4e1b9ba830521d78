"""Tickets: requests for action on their way to the agent that acts."""

from datetime import datetime
from enum import StrEnum

from attrs import evolve, field, frozen

from sophia.domain.asked import Action, Category

__all__ = [
    "NOTE_LIMIT",
    "NUMBER_LIMIT",
    "VERSION_LIMIT",
    "Enclosure",
    "Priority",
    "Target",
    "Ticket",
    "TicketReport",
    "TicketState",
    "TicketStatus",
    "delivery_key",
]

NOTE_LIMIT = 2_000
"""Characters of what an agent notes beside a state."""

NUMBER_LIMIT = 200
"""Characters of the number that an agent gives a ticket."""

VERSION_LIMIT = 2**31 - 1
"""The highest version of a report: what every database takes as a whole number."""


class Priority(StrEnum):
    """How soon somebody should look; `sophia.domain.urgency` tells it from the user's words."""

    NORMAL = "normal"
    HIGH = "high"


@frozen
class Target:
    """An agent that takes tickets, and the categories that go to it.

    Attributes:
        honours_keys: whether a ticket that it is sent twice, with the same key, is one ticket there.
    """

    name: str
    categories: frozenset[Category] = field(
        default=frozenset({Category.PROVISIONING, Category.CHANGE, Category.TROUBLESHOOTING})
    )
    honours_keys: bool = True


class TicketStatus(StrEnum):
    """How far the delivery of a ticket has come. Unknown: it may have arrived, and nobody can tell."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class TicketState(StrEnum):
    """How far the agent that acts has come with a ticket, as it reports back."""

    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    REJECTED = "rejected"
    RETURNED = "returned"


@frozen
class TicketReport:
    """What the agent that acts reports back of a ticket.

    Attributes:
        version: from 1; a later report has a higher one.
        note: text that is not the user's: data to show, never to act on.
        external_id: the ticket's number there, where it is told.
    """

    version: int
    state: TicketState
    note: str | None = field(default=None, repr=False)
    external_id: str | None = None


@frozen
class Enclosure:
    """What SOPHIA found beside a request, from a document or a look-up: data for whoever acts, never an instruction.

    Attributes:
        suspected: it speaks to an assistant, as an attack would (`sophia.domain.suspicion`).
    """

    title: str
    source: str
    uri: str
    text: str = field(repr=False)
    document_id: str | None = None
    document_version: str | None = None
    suspected: bool = False


@frozen
class Ticket:
    """A request for action on its way to another agent.

    Title, actions and message are the user's own words. ``key`` makes its delivery the same
    ticket however often it is tried.

    Attributes:
        priority_reason: why it is as urgent as that, in the user's language.
        enclosures: what was found beside the request, untrusted.
        reason: why it was not delivered, or was refused.
        state, note: what the agent that acts last reported; None before it has.
        version: of that report; it only grows.
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
    priority_reason: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    status: TicketStatus = TicketStatus.QUEUED
    external_id: str | None = None
    reason: str | None = None
    state: TicketState | None = None
    version: int = 0
    note: str | None = field(default=None, repr=False)

    def after(self, report: TicketReport) -> "Ticket":
        """The ticket once this has been reported; itself, where as much or more was known before.

        Whatever the order in which reports come, and however often, the state is that of the highest version. Any
        state may follow any other: what was resolved is reopened by a newer report. Who reports on a ticket has it,
        so that it is delivered, whatever became of the answer to its delivery.
        """
        if report.version <= self.version:
            return self
        return evolve(
            self,
            status=TicketStatus.DELIVERED,
            reason=None,
            external_id=report.external_id or self.external_id,
            state=report.state,
            version=report.version,
            note=report.note,
        )


def delivery_key(company_id: str, thread_id: str, run_id: str, target: str) -> str:
    """The idempotency key of a ticket's delivery: from where it was asked for, never from what was said."""
    return "/".join((company_id, thread_id, run_id, target))
