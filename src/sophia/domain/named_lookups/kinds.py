"""What a parameter of a look-up may be, and what its value may consist of."""

import ipaddress
import re
from enum import StrEnum

__all__ = ["Kind"]


class Kind(StrEnum):
    """What a value is.

    Whatever the kind, a value holds no quotation mark, backslash, bracket, brace, pipe, backtick, dollar, asterisk or
    line end: between double quotes it cannot be more than a value, in SPL, PromQL or LogQL.
    """

    HOST = "host"
    USER = "user"
    IP = "ip"
    NUMBER = "number"
    TEXT = "text"

    def takes(self, value: str | int) -> bool:
        """Whether a value is one of this kind."""
        if self is Kind.NUMBER:
            return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST
        if not isinstance(value, str):
            return False
        if self is Kind.IP:
            return _is_address(value)
        return _PATTERNS[self].fullmatch(value) is not None


_LARGEST = 1_000_000
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?"
_PATTERNS = {
    Kind.HOST: re.compile(_NAME),
    Kind.USER: re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._@+-]{0,126}[A-Za-z0-9_])?"),
    Kind.TEXT: re.compile(r"[^\W_](?:[\w .:@/()%+,-]{0,98}[\w)%])?"),
}


def _is_address(text: str) -> bool:
    """Whether it is an address as its own notation writes it; a scope (``%eth0``) is none of it."""
    try:
        return "%" not in text and str(ipaddress.ip_address(text)) == text
    except ValueError:
        return False
