"""Where tickets go."""

from typing import Protocol

from sophia.domain.tickets import Ticket

__all__ = ["TicketDesk"]


class TicketDesk(Protocol):
    """Opens tickets at the agents that act. Several threads may."""

    def open(self, ticket: Ticket) -> str:
        """Open a ticket at its target and return its number there, within seconds.

        At a desk that honours keys the same key is the same ticket, with the same number, however often it comes.

        Raises:
            TicketRejected: refused for good.
            Unanswered: it was sent, and no answer that can be understood came. It may be open there or become so;
                to send it again is safe only where the desk honours keys.
            Unavailable: it is not open there; it may be sent again, after ``retry_after`` if that is told.
        """
        ...
