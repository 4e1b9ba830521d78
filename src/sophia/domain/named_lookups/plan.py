"""What a turn is to look up, decided before anything is asked of any system."""

from collections.abc import Mapping
from enum import StrEnum

from attrs import field, frozen

from sophia.domain.lookups import System, TimeRange
from sophia.domain.named_lookups.values import NamedLookup

__all__ = ["Gap", "GapKind", "LookupPlan", "PlannedLookup"]


@frozen
class PlannedLookup:
    """A call of a tool, ready to be made.

    Attributes:
        title: how its user reads it.
        about: the values that were read from the message, as they are told.
        arguments: of the tool.
        span: the time that is looked at, where the look-up has one.
        when: the words that it was read from; empty where the message names no time.
        ignored: what the message names and the look-up cannot be narrowed to.
    """

    lookup: NamedLookup
    title: str
    about: tuple[str, ...]
    source: str
    arguments: Mapping[str, object] = field(hash=False)
    span: TimeRange | None = None
    when: str = ""
    ignored: tuple[str, ...] = ()

    @property
    def tool(self) -> str:
        """The tool that is called."""
        return self.lookup.system.tool


class GapKind(StrEnum):
    """Why something that was asked for is not looked up."""

    DENIED = "denied"
    MISSING = "missing"
    UNKNOWN = "unknown"
    MANY = "many"


@frozen
class Gap:
    """Something that was asked for and is not looked up.

    Attributes:
        title: of the look-up.
        detail: DENIED: the permission that is missing, or nothing where it is the source's groups; MISSING: the kind
            of what the message does not name; UNKNOWN: the firewall that there is not.
        known: the firewalls that there are; for MANY, too many to look at all of them.
    """

    kind: GapKind
    title: str
    system: System
    detail: str = ""
    known: tuple[str, ...] = ()


@frozen
class LookupPlan:
    """What of a message is looked up, what is not, and what is left to answer from documents.

    Attributes:
        rest: what else the message asks; all of it where nothing is looked up.
        offered: what could be looked up, for a message that asks for a look-up that there is not.
        settles: nothing but look-ups is asked for, whatever else it reads like.
        live: such a message asks how things are or have been of late, which no document tells.
        zone: where its user is (IANA).
    """

    planned: tuple[PlannedLookup, ...] = ()
    gaps: tuple[Gap, ...] = ()
    rest: str = ""
    settles: bool = False
    offered: tuple[str, ...] = ()
    live: bool = False
    zone: str = "UTC"

    @property
    def answers(self) -> bool:
        """Whether it is told what was looked up, or why it was not."""
        return bool(self.planned or self.gaps or self.live)
