"""Which addresses may be called."""

import socket
from urllib.parse import urlsplit

from sophia.domain.addresses import is_loopback, is_off_limits, names_this_machine
from sophia.logs import get_logger

__all__ = ["resolved", "url_fault"]

_log = get_logger(__name__)


def url_fault(url: str) -> str | None:
    """What keeps a URL from being called; None where nothing does.

    It is none, holds a password, means no TLS to another machine, or an address that no system of ours has. What a name
    stands for shows only when it is called: see `resolved`.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return "is no URL"
    if parts.scheme not in ("http", "https") or not host:
        return "expected an http:// or https:// URL"
    if parts.username is not None or parts.password is not None:
        return "a URL that is written down holds no user and no password"
    if is_off_limits(host):
        return "link-local addresses, and those where clouds hand out credentials, are not called"
    if parts.scheme == "http" and not names_this_machine(host):
        return "http:// is for this machine only; use https://"
    return None


def resolved(host: str, port: int) -> list[str]:
    """The addresses that a host stands for, in the order to try them in.

    No answer of a name server leads to an address that is not to be called, or makes another machine of this one.

    Raises:
        OSError: there is none, or one that is not to be called.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label that is empty or too long
        raise OSError(f"{host} is no name of a host") from error
    addresses = list(dict.fromkeys(str(address[0]) for *_, address in found))
    for address in addresses:
        if is_off_limits(address) or (names_this_machine(host) and not is_loopback(address)):
            _log.warning("http.address_refused", host=host, address=address)
            raise OSError(f"{host} stands for {address}, which is not called")
    return addresses
