"""What a company's records hold. All values are immutable, so that a snapshot is a copy of a few dicts."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from attrs import asdict, define, evolve, field, frozen

from sophia.domain.audit import AuditEntry
from sophia.domain.conversation import Message, Thread
from sophia.domain.evidence import Evidence
from sophia.domain.knowledge import Chunk, Document, SourceStatus
from sophia.domain.limits import Counted, Tally
from sophia.domain.paging import Page
from sophia.domain.refresh import Refresh
from sophia.domain.remote_threads import RemoteThread
from sophia.domain.runs import IdempotencyKey, Run, Sequenced
from sophia.domain.tenancy import Actor, TenantScope
from sophia.domain.tickets import Ticket
from sophia.errors import Fault, InvalidInput, PermissionDenied

__all__ = [
    "Claim",
    "State",
    "StoredDelivery",
    "StoredDocument",
    "StoredRefresh",
    "StoredRun",
    "StoredThread",
    "StoredTrail",
    "is_mine",
    "numbered",
    "page",
    "require_system",
]

T = TypeVar("T")


@frozen
class Claim:
    """Who holds a piece of work, until when, and how often it was taken."""

    owner: str | None = None
    until: datetime | None = None
    fence: int = 0

    def is_free(self, now: datetime) -> bool:
        return self.until is None or self.until <= now


@frozen
class StoredThread:
    """A thread with its messages, in order."""

    thread: Thread
    user_id: str
    messages: tuple[Message, ...] = ()


@frozen
class StoredRun:
    """A run with its log; once it has ended, its outcome is the last in there."""

    run: Run
    user_id: str
    claim: Claim = Claim()
    log: tuple[object, ...] = ()
    forgotten: int = 0

    def forget(self) -> "StoredRun":
        return evolve(self, log=self.log[-1:], forgotten=self.forgotten + len(self.log[:-1]))


@frozen
class StoredDocument:
    """A document with the texts of its versions, newest first, and the chunks of the newest."""

    document: Document
    generation: int
    texts: tuple[tuple[str, str], ...]
    chunks: tuple[Chunk, ...]

    @property
    def digests(self) -> frozenset[str]:
        return frozenset(chunk.digest(self.document.title) for chunk in self.chunks)


@frozen
class StoredRefresh:
    """A refresh with its log; once it has ended, that is the last in there."""

    refresh: Refresh
    claim: Claim
    log: tuple[object, ...] = ()
    forgotten: int = 0

    def forget(self) -> "StoredRefresh":
        return evolve(self, log=self.log[-1:], forgotten=self.forgotten + len(self.log[:-1]))


@frozen
class StoredDelivery:
    """A delivery that waits."""

    ticket_id: str
    due: datetime
    attempts: int = 0
    claim: Claim = Claim()


@frozen
class StoredTrail:
    """How far the audit trail was delivered."""

    position: int = 0
    attempts: int = 0
    due: datetime | None = None
    claim: Claim = Claim()


@define
class State:
    """Everything of one company."""

    threads: dict[str, StoredThread] = field(factory=dict)
    runs: dict[str, StoredRun] = field(factory=dict)
    replies: dict[tuple[str, str], tuple[IdempotencyKey, str]] = field(factory=dict)
    documents: dict[str, StoredDocument] = field(factory=dict)
    vectors: dict[tuple[str, str], bytes] = field(factory=dict)
    tombstones: dict[str, int] = field(factory=dict)
    sources: dict[str, SourceStatus] = field(factory=dict)
    refreshes: dict[str, StoredRefresh] = field(factory=dict)
    tickets: dict[str, Ticket] = field(factory=dict)
    evidence: dict[str, tuple[str, Evidence]] = field(factory=dict)
    remote_threads: dict[tuple[str, str], RemoteThread] = field(factory=dict)
    orphans: dict[tuple[str, str], None] = field(factory=dict)
    outbox: dict[str, StoredDelivery] = field(factory=dict)
    audit: tuple[AuditEntry, ...] = ()
    trail: StoredTrail = StoredTrail()
    tallies: dict[tuple[Counted, str, str], Tally] = field(factory=dict)
    generation: int = 0
    embedder: str = ""

    def snapshot(self) -> "State":
        copied: dict[str, Any] = {
            name: dict(value) if isinstance(value, dict) else value
            for name, value in asdict(self, recurse=False).items()
        }
        return State(**copied)

    def orphan(self, remote: RemoteThread) -> None:
        """Let go of a thread that a service keeps."""
        del self.remote_threads[remote.service, remote.id]
        self.orphans[remote.service, remote.id] = None


def is_mine(scope: TenantScope, user_id: str) -> bool:
    """Whether a user's things are the scope's to see."""
    return scope.actor is Actor.SYSTEM or scope.user_id == user_id


def numbered(log: Sequence[object], forgotten: int, after: int, limit: int) -> tuple[Sequenced, ...]:
    """What is left of a log, above a sequence number."""
    left = (Sequenced(sequence, event) for sequence, event in enumerate(log, forgotten + 1) if sequence > after)
    return tuple(islice(left, limit))


def require_system(scope: TenantScope) -> None:
    if scope.actor is not Actor.SYSTEM:
        raise PermissionDenied("system", "this is for SOPHIA's own work only")


def page(listing: str, items: dict[str, T], limit: int, cursor: str | None, *, falling: bool = False) -> Page[T]:
    """A page of a list in order of its keys; the cursor holds the last key before it."""
    keys = sorted(items, reverse=falling)
    if cursor is not None:
        last = _decoded(listing, cursor)
        keys = [key for key in keys if (key < last if falling else key > last)]
    following = None
    if len(keys) > limit:
        following = base64.urlsafe_b64encode(f"{listing} {keys[limit - 1]}".encode()).decode()
    return Page(tuple(items[key] for key in keys[:limit]), following)


def _decoded(listing: str, cursor: str) -> str:
    try:
        name, _, key = base64.urlsafe_b64decode(cursor).decode().partition(" ")
    except (binascii.Error, ValueError):
        name = key = ""
    if name != listing or not key:
        raise InvalidInput(Fault("/cursor", "not a cursor of this list; use the one that an earlier page gave out"))
    return key
