"""Ticket desks for tests."""

from threading import Lock

from sophia.domain.tickets import Ticket
from sophia.errors import TicketRejected, Unavailable
from sophia.ports.ticket_desk import TicketDesk

__all__ = ["FailingTicketDesk", "MemoryTicketDesk"]


class MemoryTicketDesk(TicketDesk):
    """Takes every ticket and numbers them per company."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._received: dict[str, dict[str, Ticket]] = {}

    def open(self, ticket: Ticket) -> str:
        with self._lock:
            of_company = self._received.setdefault(ticket.company_id, {})
            of_company.setdefault(ticket.key, ticket)
            return f"TCK-{list(of_company).index(ticket.key) + 1}"

    def reports(self, company_id: str) -> tuple[Ticket, ...]:
        """What a company's tickets said as they came in, oldest first."""
        with self._lock:
            return tuple(self._received.get(company_id, {}).values())


class FailingTicketDesk(MemoryTicketDesk):
    """Does not answer the first ``failures`` times; then takes tickets, or refuses them all for ``rejection``.

    Args:
        lost: the tickets that get no answer are opened all the same, as when the answer is lost on its way.
    """

    def __init__(self, failures: int = 0, rejection: str | None = None, *, lost: bool = False) -> None:
        super().__init__()
        self._left = failures
        self._rejection = rejection
        self._lost = lost
        self.calls = 0

    def open(self, ticket: Ticket) -> str:
        self.calls += 1
        if self._left > 0:
            self._left -= 1
            if self._lost:
                super().open(ticket)
            raise Unavailable("ticket desk", "does not answer")
        if self._rejection is not None:
            raise TicketRejected(self._rejection)
        return super().open(ticket)
