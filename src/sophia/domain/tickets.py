"""Tickets: requests for action on their way to the agent that acts."""

from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from sophia.domain.asked import Action, Category

__all__ = ["Priority", "Target", "Ticket", "TicketStatus", "delivery_key"]


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


def delivery_key(company_id: str, thread_id: str, run_id: str, target: str) -> str:
    """The idempotency key of a ticket's delivery: from where it was asked for, never from what was said."""
    return "/".join((company_id, thread_id, run_id, target))
