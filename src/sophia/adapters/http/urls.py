"""Which addresses may be called."""

import ipaddress
from urllib.parse import urlsplit

__all__ = ["url_fault"]


def url_fault(url: str) -> str | None:
    """What keeps a URL from being called: it is none, holds a password, or means no TLS to another machine; or None."""
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
    if parts.scheme == "http" and host != "localhost" and not _is_loopback(host):
        return "http:// is for this machine only; use https://"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
