"""What speaks to the backend: its libraries take a while to load, and who does not choose it need not wait."""

from collections.abc import Iterable

from sophia.adapters.backend.route import Route
from sophia.application.credentials import Credentials
from sophia.bootstrap.credentials import named_credential
from sophia.bootstrap.settings import BackendSettings, TargetSettings
from sophia.ports.audit_sink import AuditSink
from sophia.ports.ticket_desk import TicketDesk

__all__ = ["open_audit_sink", "open_backend_desk"]


def open_audit_sink(backend: BackendSettings, credentials: Credentials) -> AuditSink:
    """Where the backend takes the audit trails.

    Raises:
        ConfigurationError: its address cannot be used.
    """
    from sophia.adapters.backend.audit import RestAuditSink  # noqa: PLC0415 - as the desk

    return RestAuditSink(backend.base_url, named_credential(credentials, backend.credential), backend.timeout)


def open_backend_desk(
    backend: BackendSettings, targets: Iterable[TargetSettings], credentials: Credentials
) -> TicketDesk:
    """The desk behind the backend's REST interface.

    Raises:
        ConfigurationError: its address cannot be used.
    """
    from sophia.adapters.backend.desk import RestTicketDesk  # noqa: PLC0415 - a fifth of a second

    routes = {
        target.name: Route(target.path, named_credential(credentials, target.credential or backend.credential))
        for target in targets
    }
    return RestTicketDesk(backend.base_url, routes, backend.timeout)
