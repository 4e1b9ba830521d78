"""A user's threads, messages and tickets."""

from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, Response, jsonify

from sophia.domain.paging import Page
from sophia.domain.tickets import TicketReport, TicketState
from sophia.entrypoints import contract
from sophia.entrypoints.http.requests import backend, body, caller, cursor, limit, required_query, services
from sophia.errors import Fault, InvalidInput

__all__ = ["page", "routes"]

T = TypeVar("T")

routes = Blueprint("threads", __name__)


@routes.get("/threads")
def list_threads() -> Response:
    """The caller's threads."""
    return page(services().list_threads(caller(), limit(), cursor()), contract.thread)


@routes.get("/threads/<thread_id>")
def read_thread(thread_id: str) -> Response:
    """One thread."""
    return jsonify(contract.thread(services().read_thread(caller(), thread_id)))


@routes.get("/threads/<thread_id>/messages")
def list_messages(thread_id: str) -> Response:
    """What was said in it."""
    return page(services().list_messages(caller(), thread_id, limit(), cursor()), contract.message)


@routes.delete("/threads/<thread_id>")
def delete_thread(thread_id: str) -> tuple[str, int]:
    """Erase it."""
    services().delete_thread(caller(), thread_id)
    return "", 204


@routes.get("/messages/search")
def search_messages() -> Response:
    """The caller's history, by meaning."""
    found = services().search_messages(caller(), required_query("q"), limit())
    return jsonify(items=[contract.found_message(f) for f in found])


@routes.get("/tickets")
def list_tickets() -> Response:
    """What was handed over for the caller."""
    return page(services().list_tickets(caller(), limit(), cursor()), contract.ticket)


@routes.get("/tickets/<ticket_id>")
def read_ticket(ticket_id: str) -> Response:
    """One ticket."""
    return jsonify(contract.ticket(services().read_ticket(caller(), ticket_id)))


@routes.post("/tickets/<ticket_id>/updates")
def update_ticket(ticket_id: str) -> Response:
    """What the agent that acts reports of a ticket."""
    scope = backend()
    told = body("TicketUpdate")
    if told.get("ticketId", ticket_id) != ticket_id:
        raise InvalidInput(Fault("/ticketId", "is not the ticket of this path"))
    report = TicketReport(int(told["version"]), TicketState(told["state"]), told.get("note"), told.get("externalId"))
    return jsonify(contract.ticket(services().update_ticket(scope, ticket_id, report)))


def page(found: Page[T], render: Callable[[T], contract.JsonObject]) -> Response:
    """A page of a list; ``nextCursor`` is null at its end."""
    return jsonify(items=[render(item) for item in found.items], nextCursor=found.next)
