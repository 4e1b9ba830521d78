"""Tickets."""

from typing import Any

from sqlalchemy import Row, and_, bindparam, exists, insert, not_, select, update

from sophia.adapters.sql.conversations import ERASED
from sophia.adapters.sql.tables import threads, tickets
from sophia.adapters.sql.translate import actions_from_json, actions_to_json, enclosures_from_json, enclosures_to_json
from sophia.adapters.sql.unit import NewestFirst, Unit, mine
from sophia.domain.asked import Category
from sophia.domain.paging import Page
from sophia.domain.tickets import Priority, Ticket, TicketState, TicketStatus
from sophia.errors import CompanyMismatch, NotFound
from sophia.ports.records import Tickets

__all__ = ["SqlTickets"]

_TICKET = select(tickets).where(mine(tickets), tickets.c.id == bindparam("ticket"))
_BY_KEY = select(tickets).where(mine(tickets), tickets.c.key == bindparam("k"))
_TICKETS = NewestFirst(tickets)
_OF_THREAD = (
    select(tickets)
    .where(mine(tickets), tickets.c.thread_id == bindparam("thread"))
    .order_by(tickets.c.id.desc())
    .limit(bindparam("count"))
)
_INSERT = insert(tickets)
_UPDATE = (
    update(tickets)
    .where(mine(tickets), tickets.c.id == bindparam("ticket"))
    .values(
        status=bindparam("now"),
        external_id=bindparam("number"),
        reason=bindparam("why"),
        state=bindparam("told"),
        version=bindparam("told_in"),
        note=bindparam("said"),
    )
)
_ERASE_IF_ORPHANED = (
    update(tickets)
    .where(
        mine(tickets),
        tickets.c.id == bindparam("ticket"),
        not_(exists().where(and_(threads.c.company_id == tickets.c.company_id, threads.c.id == tickets.c.thread_id))),
    )
    .values(**ERASED)
)


class SqlTickets(Tickets):
    """Tickets in SQL. They outlive their thread: until they are delivered whole, then without their text."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, ticket: Ticket) -> Ticket:
        """See `Tickets`."""
        scope = self._unit.scope
        if ticket.company_id != scope.company_id:
            raise CompanyMismatch
        row = self._unit.first(_BY_KEY, self._unit.of_user(k=ticket.key))
        if row is not None:
            return _ticket(row)
        self._unit.change(
            _INSERT,
            {
                "company_id": scope.company_id,
                "id": ticket.id,
                "key": ticket.key,
                "user_id": ticket.user_id if self._unit.everyone else scope.user_id,
                "thread_id": ticket.thread_id,
                "run_id": ticket.run_id,
                "target": ticket.target,
                "category": ticket.category.value,
                "priority": ticket.priority.value,
                "title": ticket.title,
                "user_message": ticket.user_message,
                "actions": actions_to_json(ticket.actions),
                "language": ticket.language,
                "created_at": ticket.created_at,
                "status": ticket.status.value,
                "external_id": ticket.external_id,
                "reason": ticket.reason,
                "priority_reason": ticket.priority_reason,
                "enclosures": enclosures_to_json(ticket.enclosures),
                "state": ticket.state,
                "version": ticket.version,
                "note": ticket.note,
            },
        )
        return ticket

    def get(self, ticket_id: str) -> Ticket:
        """See `Tickets`."""
        row = self._unit.first(_TICKET, self._unit.of_user(ticket=ticket_id))
        if row is None:
            raise NotFound("ticket", ticket_id)
        return _ticket(row)

    def list(self, limit: int, cursor: str | None = None) -> Page[Ticket]:
        """See `Tickets`."""
        rows, following = _TICKETS.page(self._unit, limit, cursor)
        return Page(tuple(map(_ticket, rows)), following)

    def of_thread(self, thread_id: str, limit: int) -> tuple[Ticket, ...]:
        """See `Tickets`."""
        return tuple(map(_ticket, self._unit.rows(_OF_THREAD, self._unit.of_user(thread=thread_id, count=limit))))

    def update(self, ticket: Ticket) -> None:
        """See `Tickets`. The text stays as it was stored."""
        values = self._unit.of_user(
            ticket=ticket.id,
            now=ticket.status.value,
            number=ticket.external_id,
            why=ticket.reason,
            told=ticket.state,
            told_in=ticket.version,
            said=ticket.note,
        )
        if self._unit.change(_UPDATE, values) == 0:
            raise NotFound("ticket", ticket.id)
        if ticket.status is not TicketStatus.QUEUED:
            self._unit.change(_ERASE_IF_ORPHANED, self._unit.of_user(ticket=ticket.id))


def _ticket(row: Row[Any]) -> Ticket:
    return Ticket(
        id=row.id,
        key=row.key,
        target=row.target,
        company_id=row.company_id,
        user_id=row.user_id,
        thread_id=row.thread_id,
        run_id=row.run_id,
        category=Category(row.category),
        priority=Priority(row.priority),
        title=row.title,
        user_message=row.user_message,
        actions=actions_from_json(row.actions),
        language=row.language,
        created_at=row.created_at,
        status=TicketStatus(row.status),
        external_id=row.external_id,
        reason=row.reason,
        priority_reason=row.priority_reason,
        enclosures=enclosures_from_json(row.enclosures),
        state=None if row.state is None else TicketState(row.state),
        version=row.version,
        note=row.note,
    )
