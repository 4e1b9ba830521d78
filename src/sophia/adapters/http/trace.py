"""The trace that a request to somebody else belongs to (W3C Trace Context, https://www.w3.org/TR/trace-context/)."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from structlog.contextvars import get_contextvars

__all__ = ["traceparent", "within_trace"]

_TRACE_ID = re.compile("[0-9a-f]{32}")

_span: ContextVar[str | None] = ContextVar("sophia_traceparent", default=None)


@contextmanager
def within_trace(span: str | None) -> Iterator[None]:
    """Have requests of this block name a span (as the header does) as the one they come from."""
    token = _span.set(span)
    try:
        yield
    finally:
        _span.reset(token)


def traceparent() -> str | None:
    """What a request says that is made now; None where it belongs to no trace.

    Where no trace is kept here, but one came with the request that this is done for, it goes on with that one's id.
    """
    if span := _span.get():
        return span
    trace_id = str(get_contextvars().get("trace_id"))
    return f"00-{trace_id}-{secrets.token_hex(8)}-00" if _TRACE_ID.fullmatch(trace_id) else None
