"""How long to leave a server alone, and leaving it alone so long."""

import math
import random
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sophia.adapters.http.transport import Check

__all__ = ["pause_before", "retry_after", "wait", "wait_in"]

_POLL = 0.2
_WAIT = re.compile(r"(?:again|retry)\s+(?:in|after)\s+(\d+(?:\.\d+)?)\s*(ms|milli|s|m(?!s))", re.IGNORECASE)
_UNITS = {"ms": 0.001, "milli": 0.001, "s": 1.0, "m": 60.0}


def retry_after(headers: Mapping[str, str]) -> float | None:
    """How long a server asks to wait, in seconds (RFC 9110, 10.2.3, and Azure's ``retry-after-ms``)."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "")
        try:
            seconds = float(value) * unit
        except ValueError:
            try:
                at = parsedate_to_datetime(value)
            except ValueError:
                continue
            seconds = (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
        if math.isfinite(seconds):
            return max(0.0, seconds)
    return None


def wait_in(message: str) -> float | None:
    """The seconds that a message to people asks to wait ("try again in 22 seconds"), if it does."""
    found = _WAIT.search(message)
    return float(found[1]) * _UNITS[found[2].lower()] if found else None


def pause_before(attempt: int, asked: float | None, first: float) -> float:
    """Seconds to wait before a request is tried again.

    Args:
        attempt: which try it will be, from 2.
        asked: as long as the server asks for, if it does.
        first: before the second try, doubled for each that follows; spread, so that not all come back at once.
    """
    if asked is not None:
        return asked
    return first * 2.0 ** (attempt - 2) * random.uniform(0.75, 1.25)  # noqa: S311 -- spreads the load


def wait(seconds: float, check: Check) -> None:
    """Do nothing for a while; the check is asked several times a second, and what it raises passes."""
    until = time.monotonic() + seconds
    while (rest := until - time.monotonic()) > 0:
        check()
        time.sleep(min(_POLL, rest))
