"""Tickets as the backend reads them, and what it answers."""

from http import HTTPStatus

from sophia.adapters.http.client import Reply
from sophia.adapters.http.waiting import retry_after
from sophia.domain.secrets import Secret
from sophia.domain.tickets import Enclosure, Ticket
from sophia.errors import TicketRejected, Unanswered, Unavailable

__all__ = ["BACKEND", "number_from_wire", "ticket_to_wire"]

BACKEND = "backend"
"""The dependency that the errors name."""

_LONGEST_NUMBER = 100
_LONGEST_REASON = 300

_NO_ANSWER_BEHIND = (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)
_UNTIL_ANOTHER_TOKEN = 30.0
"""Seconds; sooner than somebody has put another token into the vault nothing will have changed."""

_LATER = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS)


def ticket_to_wire(ticket: Ticket) -> dict[str, object]:
    """The body of a report."""
    return {
        "reportId": ticket.id,
        "idempotencyKey": ticket.key,
        "companyId": ticket.company_id,
        "userId": ticket.user_id,
        "threadId": ticket.thread_id,
        "runId": ticket.run_id,
        "category": ticket.category.value,
        "priority": ticket.priority.value,
        "priorityReason": ticket.priority_reason,
        "title": ticket.title,
        "summary": _summary(ticket),
        "requestedActions": [{"action": a.action, "objects": list(a.objects)} for a in ticket.actions],
        "userMessage": ticket.user_message,
        "evidence": [_evidence(enclosure) for enclosure in ticket.enclosures],
        "language": ticket.language,
        "source": "sophia",
    }


def number_from_wire(reply: Reply, token: Secret) -> str:
    """The number of the ticket that an answer names.

    A gateway that has heard nothing from what stands behind it (502, 504) cannot say whether the ticket is open there.
    A token that is refused (401) says nothing of the ticket: it waits until the vault holds one that is taken.

    Args:
        reply: the answer.
        token: what SOPHIA has shown; it is kept out of errors.

    Raises:
        TicketRejected: refused for good (4xx); with the explanation, if one came as problem+json (RFC 9457).
        Unanswered: the answer says yes and holds no number, or is a gateway's that has none.
        Unavailable: the backend asks to come again, or fails.
    """
    status, wait = reply.status, retry_after(reply.headers)
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES or status == HTTPStatus.CONFLICT:
        if number := _number(reply):
            return number
        if status != HTTPStatus.CONFLICT:
            raise Unanswered(BACKEND, f"says yes, but names no ticket (HTTP {status})", wait)
    if status in _NO_ANSWER_BEHIND:
        raise Unanswered(BACKEND, f"its gateway has no answer (HTTP {status})", wait)
    if status in _LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unavailable(BACKEND, f"takes no ticket now (HTTP {status})", wait)
    if status == HTTPStatus.UNAUTHORIZED:
        raise Unavailable(BACKEND, f"refuses SOPHIA's token (HTTP {status})", wait or _UNTIL_ANOTHER_TOKEN)
    if status < HTTPStatus.BAD_REQUEST:
        raise Unavailable(BACKEND, f"is somewhere else (HTTP {status}); put its own address into base_url", wait)
    raise TicketRejected(_reason(reply).replace(token.reveal(), "…"))


def _summary(ticket: Ticket) -> str:
    asked = (f"{a.action}: {', '.join(a.objects)}" if a.objects else a.action for a in ticket.actions)
    return "; ".join(asked) or ticket.title


def _evidence(enclosure: Enclosure) -> dict[str, object]:
    return {
        "title": enclosure.title,
        "source": enclosure.source,
        "uri": enclosure.uri,
        "text": enclosure.text,
        "documentId": enclosure.document_id,
        "documentVersion": enclosure.document_version,
        "trusted": False,
        "suspected": enclosure.suspected,
    }


def _number(reply: Reply) -> str | None:
    body = reply.json
    number = body.get("ticketId") if isinstance(body, dict) else None
    if isinstance(number, int) and not isinstance(number, bool):
        return str(number)
    if isinstance(number, str) and 0 < len(number.strip()) <= _LONGEST_NUMBER and number.isprintable():
        return number.strip()
    return None


def _reason(reply: Reply) -> str:
    body = reply.json if reply.headers.get("content-type", "").startswith("application/problem+json") else None
    detail = body.get("detail") if isinstance(body, dict) else None
    words = " ".join(detail.split()) if isinstance(detail, str) else ""
    said = "".join(filter(str.isprintable, words))[:_LONGEST_REASON]
    return f"{said} (HTTP {reply.status})" if said else f"HTTP {reply.status}"
