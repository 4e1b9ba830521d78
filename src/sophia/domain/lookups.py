"""Look-ups: what is asked of a company's own systems, which SOPHIA reads and never changes."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from attrs import field, frozen

from sophia.domain.tenancy import Permission
from sophia.errors import Fault, InvalidInput

__all__ = [
    "USUAL_RANGE",
    "Cut",
    "CutKind",
    "Finding",
    "Lookup",
    "LookupCaps",
    "Operation",
    "System",
    "TimeRange",
    "instant",
]


class System(StrEnum):
    """A kind of system that can be looked at."""

    SPLUNK = "splunk"
    PANOS = "panos"
    GRAFANA = "grafana"

    @property
    def tool(self) -> str:
        """The name of the tool that looks at systems of this kind."""
        return _TOOLS[self]

    @property
    def permission(self) -> Permission:
        """What a caller needs to look."""
        return Permission(f"lookup:{self}")


_TOOLS = {
    System.SPLUNK: "splunk_query",
    System.PANOS: "palo_alto_status",
    System.GRAFANA: "grafana_fetch",
}


@frozen
class TimeRange:
    """From ``start`` up to, but without, ``end``.

    Raises:
        InvalidInput: it ends before it begins, or one of them has no time zone.
    """

    start: datetime
    end: datetime

    def __attrs_post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise InvalidInput(Fault("/earliest", "a time needs its time zone"))
        if self.start >= self.end:
            raise InvalidInput(Fault("/latest", "expected a time after `earliest`"))

    @property
    def length(self) -> timedelta:
        """From start to end."""
        return self.end - self.start


USUAL_RANGE = timedelta(hours=24)
"""How far back a look-up goes that names no time."""


@frozen
class Lookup:
    """One thing to look up.

    Attributes:
        operation: one of those that the source offers.
        arguments: of the operation, by name.
        span: the time that is looked at; None where the operation tells how things are now.
    """

    operation: str
    arguments: Mapping[str, Any] = field(factory=dict, hash=False)
    span: TimeRange | None = None


@frozen
class Operation:
    """A kind of look-up that a source offers.

    Attributes:
        description: for an agent that chooses: what it tells.
        parameters: JSON Schemas of its arguments, by name.
        required: the arguments that cannot be left out.
        ranged: whether it looks at a time range, and not only at how things are now.
    """

    name: str
    description: str
    parameters: Mapping[str, Mapping[str, object]] = field(factory=dict, hash=False)
    required: tuple[str, ...] = ()
    ranged: bool = False


class CutKind(StrEnum):
    """Why a finding is not all that there is."""

    RANGE = "range"
    ROWS = "rows"
    BYTES = "bytes"
    TIME = "time"
    SERIES = "series"
    PARTIAL = "partial"


@frozen
class Cut:
    """One reason why a finding is not all that there is; ``detail`` is the limit, or what the system says."""

    kind: CutKind
    detail: str


@frozen
class LookupCaps:
    """What a look-up at one source may cost at the most.

    Attributes:
        hours: of the time range, counted back from its end.
        rows: that are kept of what is found.
        megabytes: that are read of an answer.
        seconds: for one look-up.
        at_once: look-ups of one process at the source.
        a_turn: look-ups of one turn at the source.
        a_day: look-ups of the company at the source.
    """

    hours: int = 24 * 31
    rows: int = 200
    megabytes: int = 8
    seconds: float = 30.0
    at_once: int = 4
    a_turn: int = 16
    a_day: int = 2_000

    def narrowed(self, span: TimeRange) -> tuple[TimeRange, tuple[Cut, ...]]:
        """The latest part of a range that may be looked at, and that it was cut if it was."""
        longest = timedelta(hours=self.hours)
        if span.length <= longest:
            return span, ()
        return TimeRange(span.end - longest, span.end), (Cut(CutKind.RANGE, f"{self.hours} h"),)


@frozen
class Finding:
    """What a source has answered: a table of texts.

    Attributes:
        title: names what was looked up.
        query: what was asked, normalised: the same question reads the same.
        seen: how many rows there were, as far as the source was read.
        cuts: why it is not all that there is.
        uri: opens the real thing; empty where it has no page of its own.
    """

    title: str
    query: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    seen: int
    cuts: tuple[Cut, ...] = ()
    uri: str = ""


_AGO = re.compile(r"-(\d{1,5})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def instant(text: str, now: datetime, pointer: str) -> datetime:
    """A time as agents and settings write it: ``now``, ``-24h`` (s, m, h, d, w) or ISO 8601 with its time zone.

    Raises:
        InvalidInput: it is none of these; names ``pointer``.
    """
    if text == "now":
        return now
    if ago := _AGO.fullmatch(text):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise InvalidInput(Fault(pointer, f"expected now, -24h or 2026-01-31T08:00:00+01:00, got {text[:40]!r}"))
    return at.astimezone(UTC)
