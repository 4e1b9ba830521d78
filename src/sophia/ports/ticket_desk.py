"""Where tickets go."""

from typing import Protocol

from sophia.domain.tickets import Ticket

__all__ = ["TicketDesk"]


class TicketDesk(Protocol):
    """Opens tickets at the agent that acts."""

    def open(self, ticket: Ticket) -> str:
        """Open a ticket and return its number there; the same key is the same ticket, however often it comes.

        Raises:
            TicketRejected: refused for good.
            Unavailable: no answer; opening it again with the same key is safe.
        """
        ...
