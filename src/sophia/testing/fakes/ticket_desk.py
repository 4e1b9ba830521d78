"""Ticket desks for tests."""

from threading import Lock

from sophia.domain.tickets import Ticket
from sophia.errors import TicketRejected, Unanswered, Unavailable
from sophia.ports.ticket_desk import TicketDesk

__all__ = ["FailingTicketDesk", "MemoryTicketDesk"]


class MemoryTicketDesk(TicketDesk):
    """Takes every ticket and numbers them per company.

    Args:
        honours_keys: whether the same key is the same ticket; else each that comes is a new one.
    """

    def __init__(self, *, honours_keys: bool = True) -> None:
        self._honours_keys = honours_keys
        self._lock = Lock()
        self._received: dict[str, list[Ticket]] = {}

    def open(self, ticket: Ticket) -> str:
        with self._lock:
            of_company = self._received.setdefault(ticket.company_id, [])
            keys = [received.key for received in of_company]
            if self._honours_keys and ticket.key in keys:
                return f"TCK-{keys.index(ticket.key) + 1}"
            of_company.append(ticket)
            return f"TCK-{len(of_company)}"

    def reports(self, company_id: str) -> tuple[Ticket, ...]:
        """What a company's tickets said as they came in, oldest first."""
        with self._lock:
            return tuple(self._received.get(company_id, ()))


class FailingTicketDesk(MemoryTicketDesk):
    """Does not answer the first ``failures`` times; then takes tickets, or refuses them all for ``rejection``.

    Args:
        lost: the tickets that get no answer are opened all the same, as when the answer is lost on its way.
        retry_after: seconds that it asks to be left alone when it fails.
    """

    def __init__(
        self,
        failures: int = 0,
        rejection: str | None = None,
        *,
        lost: bool = False,
        retry_after: float | None = None,
        honours_keys: bool = True,
    ) -> None:
        super().__init__(honours_keys=honours_keys)
        self._left = failures
        self._rejection = rejection
        self._lost = lost
        self._retry_after = retry_after
        self.calls = 0

    def open(self, ticket: Ticket) -> str:
        self.calls += 1
        if self._left > 0:
            self._left -= 1
            if self._lost:
                super().open(ticket)
                raise Unanswered("ticket desk", "has not answered in time")
            raise Unavailable("ticket desk", "does not answer", self._retry_after)
        if self._rejection is not None:
            raise TicketRejected(self._rejection)
        return super().open(ticket)
