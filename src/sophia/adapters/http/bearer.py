"""Requests that show a token (RFC 6750), which may have been changed since it was looked up."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from sophia.adapters.http.client import Reply
from sophia.domain.secrets import Secret
from sophia.ports.vault import Credential

__all__ = ["authorized"]


def authorized(token: Credential, send: Callable[[Mapping[str, str]], Reply]) -> tuple[Reply, Secret]:
    """The answer to a request, and the token that it was sent with.

    Where the token is refused (401) and the vault holds another by now, the request is sent once more, with that one.
    That is safe for any request: what is refused so was not done (RFC 9110, 15.5.2).

    Args:
        token: what is shown.
        send: sends the request with these headers.

    Raises:
        Unavailable: as ``token`` and ``send`` do.
    """
    shown = token()
    reply = send(_header(shown))
    if reply.status == HTTPStatus.UNAUTHORIZED and (fresh := token.renewed(shown)) is not None:
        return send(_header(fresh)), fresh
    return reply, shown


def _header(token: Secret) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.reveal()}"}
