"""Ticket desks whose libraries take a while to load: made here, so that who does not choose them does not wait."""

from collections.abc import Mapping

from sophia.adapters.backend.route import Route
from sophia.ports.ticket_desk import TicketDesk

__all__ = ["open_backend_desk"]


def open_backend_desk(base_url: str, routes: Mapping[str, Route], timeout: float) -> TicketDesk:
    """The desk behind the backend's REST interface.

    Raises:
        ConfigurationError: its address or a token file cannot be used.
    """
    from sophia.adapters.backend.desk import RestTicketDesk  # noqa: PLC0415 - a fifth of a second

    return RestTicketDesk(base_url, routes, timeout)
