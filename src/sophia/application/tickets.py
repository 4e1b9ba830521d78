"""Handoffs after they were made: reading them, hearing of them, telling of them."""

from collections.abc import Sequence
from contextlib import suppress

from attrs import frozen

from sophia.application.wording import wording
from sophia.domain.audit import AuditEvent
from sophia.domain.conversation import Message, Role
from sophia.domain.paging import Page
from sophia.domain.status_question import about, read_status_question
from sophia.domain.tenancy import Permission, TenantScope
from sophia.domain.tickets import NOTE_LIMIT, NUMBER_LIMIT, VERSION_LIMIT, Target, Ticket, TicketReport
from sophia.errors import Fault, InvalidInput, NotFound
from sophia.logs import get_logger
from sophia.ports.records import Records, Transaction
from sophia.ports.system import Clock, Ids

__all__ = ["AnswerStatus", "ListTickets", "ReadTicket", "StatusAnswer", "TellThread", "UpdateTicket"]

_MOST_TOLD = 5
"""Tickets that one answer tells of; the list of tickets has all."""

_SEARCHED = 50
"""The newest tickets of a user, among which what a question is about is looked for."""

_log = get_logger(__name__)


class ListTickets:
    """What was handed over for the caller."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __call__(self, scope: TenantScope, limit: int, cursor: str | None = None) -> Page[Ticket]:
        """A page of tickets, newest first.

        Raises:
            InvalidInput: the cursor is none that this list gave out.
        """
        scope.require(Permission.CHAT)
        with self._records.read(scope) as tx:
            return tx.tickets.list(limit, cursor)


class ReadTicket:
    """One ticket of the caller's."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __call__(self, scope: TenantScope, ticket_id: str) -> Ticket:
        """The ticket.

        Raises:
            NotFound: none, or not the caller's.
        """
        scope.require(Permission.CHAT)
        with self._records.read(scope) as tx:
            return tx.tickets.get(ticket_id)


class TellThread:
    """Writes into a ticket's thread what has become of the ticket, in the transaction that stores it."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids

    def __call__(self, tx: Transaction, before: Ticket, ticket: Ticket) -> None:
        """Tell the difference. Nothing is written where there is none, or the thread is gone.

        How a delivery went is left to the answer for as long as the run that asked for the ticket is at work: it tells
        the user itself, and whoever commits it calls this if the delivery went on meanwhile.
        """
        words = wording(ticket.language)
        if ticket.version != before.version:
            text = words.reported(ticket)
        elif ticket.status is not before.status and not _answering(tx, ticket):
            text = words.settled(ticket)
        else:
            return
        with suppress(NotFound):  # the thread was deleted
            tx.conversations.add_message(
                Message(
                    self._ids.new("msg"),
                    ticket.thread_id,
                    ticket.run_id,
                    Role.TICKET,
                    text,
                    ticket.language,
                    self._clock.now(),
                )
            )


class UpdateTicket:
    """Takes in what the agent that acts reports of a ticket."""

    def __init__(self, records: Records, tell: TellThread) -> None:
        self._records = records
        self._tell = tell

    def __call__(self, scope: TenantScope, ticket_id: str, report: TicketReport) -> Ticket:
        """The ticket as it stands then. A repeat or an older report than the last changes nothing.

        Args:
            scope: of SOPHIA's own work for the company whose backend reports.
            ticket_id: as SOPHIA has named it.
            report: its note is stored and shown, and read by nobody who decides anything.

        Raises:
            InvalidInput: the report holds what cannot be stored.
            NotFound: the company has no such ticket.
        """
        _check(report)
        with self._records.write(scope) as tx:
            before = tx.tickets.get(ticket_id)
            ticket = before.after(report)
            if ticket is not before:
                tx.tickets.update(ticket)
                tx.audit.append(
                    AuditEvent("ticket.updated", ticket.id, {"state": report.state, "version": report.version})
                )
                self._tell(tx, before, ticket)
            stored = tx.tickets.get(ticket_id)
        _log.info(
            "ticket.reported",
            tenant=scope.company_id,
            ticket=ticket_id,
            state=report.state,
            version=report.version,
            news=ticket is not before,
        )
        return stored


@frozen
class StatusAnswer:
    """What was told of tickets, and what else the message says."""

    told: str
    rest: str


class AnswerStatus:
    """Answers what a user asks about their own tickets, from what is stored of them."""

    def __init__(self, records: Records, targets: Sequence[Target]) -> None:
        self._records = records
        self._agents = tuple(target.name for target in targets)

    def __call__(self, scope: TenantScope, message: Message, of_thread: Sequence[Ticket]) -> StatusAnswer | None:
        """What there is to say; None when the message asks for no such thing.

        Args:
            scope: the user's.
            message: the user's words.
            of_thread: the tickets of its thread, newest first: they are meant before any others.
        """
        question = read_status_question(message.text, self._agents)
        if question is None:
            return None
        found = about(question, of_thread)
        if not found and not question.needs_thread:
            with self._records.read(scope) as tx:
                found = tuple(ticket for number in question.numbers for ticket in tx.tickets.numbered(number))
                found = found or about(question, tx.tickets.list(_SEARCHED).items)
        if not found and not question.certain:
            return None
        told = wording(message.language).status(question, found[:_MOST_TOLD], self._agents)
        return StatusAnswer(told, question.rest)


def _answering(tx: Transaction, ticket: Ticket) -> bool:
    run = tx.runs.live(ticket.thread_id)
    return run is not None and run.id == ticket.run_id


def _check(report: TicketReport) -> None:
    faults = []
    if not 1 <= report.version <= VERSION_LIMIT:
        faults.append(Fault("/version", f"expected a number from 1 to {VERSION_LIMIT}"))
    for pointer, text, limit in (("/note", report.note, NOTE_LIMIT), ("/externalId", report.external_id, NUMBER_LIMIT)):
        if text is not None and (len(text) > limit or not _is_storable(text)):
            faults.append(Fault(pointer, f"expected a text of up to {limit} characters, no NUL and no lone surrogate"))
    if faults:
        raise InvalidInput(*faults)


def _is_storable(text: str) -> bool:
    return not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text)
