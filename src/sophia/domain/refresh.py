"""A refresh of a company's knowledge: what was asked, how far it is, what came of it."""

from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from attrs import frozen

from sophia.domain.knowledge import DocumentFailure

__all__ = [
    "Refresh",
    "RefreshEnded",
    "RefreshEvent",
    "RefreshOptions",
    "RefreshProgress",
    "RefreshReport",
    "RefreshStatus",
]


class RefreshStatus(StrEnum):
    """Where a refresh stands."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def is_live(self) -> bool:
        """Whether it is still at work."""
        return self is RefreshStatus.RUNNING


@frozen
class RefreshOptions:
    """What to refresh.

    Attributes:
        sources: names of sources; empty: all.
        force: take every document in anew, whatever its fingerprint says.
        dry_run: say what would be done and what it would cost; change nothing.
    """

    sources: tuple[str, ...] = ()
    force: bool = False
    dry_run: bool = False


@frozen
class RefreshReport:
    """What a refresh did (or, on a dry run, would do). Counts of documents but for the last three.

    Attributes:
        chunks_embedded: chunks that were turned into vectors.
        chunks_reused: chunks whose vector was there already.
        tokens: estimated tokens of the embedded chunks.
    """

    unchanged: int = 0
    added: int = 0
    updated: int = 0
    removed: int = 0
    failures: tuple[DocumentFailure, ...] = ()
    chunks_embedded: int = 0
    chunks_reused: int = 0
    tokens: int = 0


@frozen
class Refresh:
    """One refresh of one company."""

    id: str
    status: RefreshStatus
    options: RefreshOptions
    requested_by: str
    created_at: datetime
    finished_at: datetime | None = None
    report: RefreshReport | None = None
    problem: str | None = None


@frozen
class RefreshProgress:
    """How far a refresh is. Counts of documents seen, chunks embedded, and chunks known to need it.

    Attributes:
        current: the document seen last; at the end, what an index brings up to date elsewhere.
    """

    documents: int
    documents_total: int
    chunks: int
    chunks_total: int
    current: str = ""


@frozen
class RefreshEnded:
    """Last event of a refresh."""

    refresh: Refresh


RefreshEvent: TypeAlias = RefreshProgress | RefreshEnded
