"""What a trace is made of, for those who do the work. Told to nobody here; `open_telemetry` tells a collector."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

__all__ = ["Span", "Tracing"]


class Span:
    """A stretch of work under way.

    Attributes:
        trace_id: of the trace that it belongs to, 32 hexadecimal digits; None when nobody is told.
        traceparent: the header by which a request says that it comes from here; None when nobody is told.
    """

    trace_id: str | None = None
    traceparent: str | None = None

    def tell(self, **attributes: str | float | bool | None) -> None:
        """Add what is known by now; ``gen_ai__usage__input_tokens`` is the attribute ``gen_ai.usage.input_tokens``."""

    def fail(self, error: str) -> None:
        """Mark it as failed, by the kind of the error."""


_NOBODYS = nullcontext(Span())


class Tracing:
    """Begins stretches of work. This one tells nobody, and costs next to nothing."""

    def span(
        self,
        name: str,  # noqa: ARG002
        *,
        kind: str = "internal",  # noqa: ARG002
        parent: Mapping[str, str] | None = None,  # noqa: ARG002
        alone: bool = True,  # noqa: ARG002
        **attributes: Any,  # noqa: ARG002
    ) -> AbstractContextManager[Span]:
        """A stretch of work, for as long as the block runs; an error that leaves the block marks it as failed.

        Args:
            name: in few distinct forms (a route, not a path).
            kind: ``server`` for a request taken, ``client`` for one made, else ``internal``.
            parent: the headers of a request that brings its trace along (W3C Trace Context).
            alone: whether it is worth telling where it is not part of something else.
            attributes: as in `Span.tell`. Never what users or documents say.
        """
        return _NOBODYS

    def close(self) -> None:
        """Send what waits, for a few seconds at the most."""
