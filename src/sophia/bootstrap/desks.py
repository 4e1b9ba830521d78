"""What speaks to the backend: its libraries take a while to load, and who does not choose it need not wait."""

from collections.abc import Iterable

from sophia.adapters.backend.route import Route
from sophia.bootstrap.credentials import PlatformCredential
from sophia.bootstrap.settings import BackendSettings, TargetSettings
from sophia.ports.audit_sink import AuditSink
from sophia.ports.ticket_desk import TicketDesk
from sophia.ports.vault import PlatformVault

__all__ = ["open_audit_sink", "open_backend_desk"]


def open_audit_sink(backend: BackendSettings, vault: PlatformVault) -> AuditSink:
    """Where the backend takes the audit trails.

    Raises:
        ConfigurationError: its address cannot be used.
    """
    from sophia.adapters.backend.audit import RestAuditSink  # noqa: PLC0415 - as the desk

    return RestAuditSink(backend.base_url, PlatformCredential(vault, backend.credential), backend.timeout)


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
