"""The audit trail's way to the backend."""

import string
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

from sophia.adapters.backend.translate import BACKEND
from sophia.adapters.http.bearer import authorized
from sophia.adapters.http.client import HttpClient, Reply
from sophia.adapters.http.urls import url_fault
from sophia.adapters.http.waiting import retry_after
from sophia.domain.audit import AuditEntry, entry_to_json
from sophia.errors import ConfigurationError, Fault, Unavailable
from sophia.logs import get_logger
from sophia.ports.audit_sink import AuditSink
from sophia.ports.vault import Credential

__all__ = ["RestAuditSink"]

_PATH = "/audit_logs"
_LATER = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)

_log = get_logger(__name__)


class RestAuditSink(AuditSink):
    """Posts each entry as JSON, with the ``Idempotency-Key`` ``company/sequence``.

    What the backend refuses has to be taken all the same, or all that follows would be missing its place: a refusal is
    an error for the operator, and `Unavailable` to whoever delivers.

    Args:
        base_url: what the path is added to.
        token: what SOPHIA shows there.
        patience: seconds that one request may take.

    Raises:
        ConfigurationError: plain HTTP to another machine.
    """

    def __init__(self, base_url: str, token: Credential, patience: float = 10.0) -> None:
        if fault := url_fault(base_url):
            raise ConfigurationError(Fault("/backend/base_url", fault))
        self._http = HttpClient(BACKEND, base_url, patience)
        self._token = token

    def deliver(self, entry: AuditEntry) -> None:
        """See `AuditSink`."""
        key = quote(f"{entry.company_id}/{entry.sequence}", safe=string.punctuation)

        def send(authorization: Mapping[str, str]) -> Reply:
            return self._http.post(_PATH, entry_to_json(entry), {**authorization, "Idempotency-Key": key})

        reply, _ = authorized(self._token, send)
        if HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
            return
        if HTTPStatus.BAD_REQUEST <= reply.status < HTTPStatus.INTERNAL_SERVER_ERROR and reply.status not in _LATER:
            _log.error("audit.refused", tenant=entry.company_id, sequence=entry.sequence, status=reply.status)
        detail = f"does not take the audit trail (HTTP {reply.status})"
        raise Unavailable(BACKEND, detail, retry_after(reply.headers))
