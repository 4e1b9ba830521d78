"""Ticket desks whose libraries take a while to load: made here, so that who does not choose them does not wait."""

from collections.abc import Iterable

from sophia.adapters.backend.route import Route
from sophia.bootstrap.credentials import PlatformCredential
from sophia.bootstrap.settings import BackendSettings, TargetSettings
from sophia.ports.ticket_desk import TicketDesk
from sophia.ports.vault import PlatformVault

__all__ = ["open_backend_desk"]


def open_backend_desk(backend: BackendSettings, targets: Iterable[TargetSettings], vault: PlatformVault) -> TicketDesk:
    """The desk behind the backend's REST interface.

    Raises:
        ConfigurationError: its address cannot be used.
    """
    from sophia.adapters.backend.desk import RestTicketDesk  # noqa: PLC0415 - a fifth of a second

    routes = {
        target.name: Route(target.path, PlatformCredential(vault, target.credential or backend.credential))
        for target in targets
    }
    return RestTicketDesk(backend.base_url, routes, backend.timeout)
