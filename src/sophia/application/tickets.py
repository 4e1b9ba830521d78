"""The caller's handoffs."""

from sophia.domain.paging import Page
from sophia.domain.tenancy import Permission, TenantScope
from sophia.domain.tickets import Ticket
from sophia.ports.records import Records

__all__ = ["ListTickets", "ReadTicket"]


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
