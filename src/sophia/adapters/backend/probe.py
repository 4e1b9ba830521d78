"""Asking the backend whether it would take what is sent there, without sending it anything."""

from http import HTTPStatus

from sophia.adapters.backend.translate import BACKEND
from sophia.adapters.http.bearer import authorized
from sophia.adapters.http.client import HttpClient
from sophia.errors import Unavailable
from sophia.ports.vault import Credential

__all__ = ["probe"]


def probe(base_url: str, path: str, token: Credential, patience: float = 10.0) -> int:
    """The status of a ``GET`` where only ``POST`` means something; any that refuses neither the token nor fails passes.

    Many servers look at the method before the token: what passes was not refused, and no more is known.

    Raises:
        Unavailable: the backend cannot be reached, refuses the token, fails, or is somewhere else.
    """
    http = HttpClient(BACKEND, base_url, patience)
    reply, _ = authorized(token, lambda authorization: http.get(path, authorization))
    if reply.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise Unavailable(BACKEND, f"refuses SOPHIA's token (HTTP {reply.status})")
    if HTTPStatus.MULTIPLE_CHOICES <= reply.status < HTTPStatus.BAD_REQUEST:
        raise Unavailable(BACKEND, f"is somewhere else (HTTP {reply.status}); put its own address into base_url")
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unavailable(BACKEND, f"fails (HTTP {reply.status})")
    return reply.status
