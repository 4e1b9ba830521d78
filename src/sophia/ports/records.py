"""The system of record: what must not be lost, read and written in transactions of one scope.

A transaction is opened for a scope and sees nothing beyond it: threads, messages, runs and
tickets of the scope's user in the scope's company, documents of the company that the user may read.
SOPHIA's own scope (`Actor.SYSTEM`) sees the whole company, never another.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from sophia.domain.audit import AuditEntry, AuditEvent, Head
from sophia.domain.conversation import FoundMessage, Message, Thread
from sophia.domain.evidence import Evidence
from sophia.domain.knowledge import Chunk, ChunkText, Document, DocumentChange, DocumentFailure, Passage, SourceStatus
from sophia.domain.limits import Counted, KnowledgeSize, Tally, Whose
from sophia.domain.paging import Page
from sophia.domain.refresh import Refresh, RefreshEnded, RefreshEvent
from sophia.domain.remote_threads import RemoteThread
from sophia.domain.runs import IdempotencyKey, Lease, Outcome, Run, RunEvent, Sequenced, Standing
from sophia.domain.tenancy import TenantScope
from sophia.domain.tickets import Ticket

__all__ = [
    "KEPT_VERSIONS",
    "AuditLog",
    "Conversations",
    "Delivered",
    "Documents",
    "EvidenceLog",
    "LogTail",
    "Outbox",
    "Records",
    "Refreshes",
    "RemoteThreads",
    "Runs",
    "Tallies",
    "Tickets",
    "Transaction",
]

KEPT_VERSIONS = 5
"""How many versions of a document's text are kept, the newest first, so that an old citation can be shown."""


class Conversations(Protocol):
    """Threads and messages of the scope's user."""

    def add_thread(self, thread: Thread) -> None:
        """Store a new thread."""
        ...

    def thread(self, thread_id: str) -> Thread:
        """One thread.

        Raises:
            NotFound: none, or another user's.
        """
        ...

    def threads(self, limit: int, cursor: str | None = None) -> Page[Thread]:
        """The threads, newest first.

        Raises:
            InvalidInput: the cursor is none that this list gave out.
        """
        ...

    def add_message(self, message: Message) -> None:
        """Store a message at the end of its thread and touch the thread.

        Raises:
            NotFound: no such thread.
        """
        ...

    def messages(self, thread_id: str, limit: int, cursor: str | None = None) -> Page[Message]:
        """The messages of a thread, oldest first.

        Raises:
            NotFound: no such thread.
            InvalidInput: the cursor is none that this list gave out.
        """
        ...

    def last_messages(self, thread_id: str, limit: int) -> tuple[Message, ...]:
        """The newest messages of a thread that user and SOPHIA have said, oldest first."""
        ...

    def nearest(
        self, vector: Sequence[float], limit: int, without_thread: str | None = None
    ) -> tuple[FoundMessage, ...]:
        """Messages of the user, from any thread but one, nearest first; those without a vector are left out."""
        ...

    def unembedded(self, limit: int) -> tuple[Message, ...]:
        """What users and SOPHIA have said in the company and waits for its vector, oldest first.

        Raises:
            PermissionDenied: for any scope but SOPHIA's own.
        """
        ...

    def set_vectors(self, vectors: Mapping[str, bytes]) -> None:
        """Store vectors by the id of their message; nothing happens where a message is gone."""
        ...

    def idle(self, before: datetime, limit: int) -> tuple[str, ...]:
        """The company's threads, by id, in which nothing has happened since a time and no run is live.

        Raises:
            PermissionDenied: for any scope but SOPHIA's own.
        """
        ...

    def delete_thread(self, thread_id: str) -> None:
        """Erase a thread: messages, vectors, runs, events, idempotent replies, and the text of its tickets.

        A ticket that is not delivered yet keeps its text until it is delivered or refused.

        Raises:
            NotFound: no such thread.
        """
        ...


class Runs(Protocol):
    """Runs and their event logs."""

    def start(self, run: Run, owner: str, until: datetime, idempotency: IdempotencyKey | None = None) -> Lease:
        """Store a new run in its thread, which must exist, and hold it; its log begins with `RunStarted`.

        Raises:
            NotFound: no such thread.
            ThreadBusy: the thread has a live run.
            RequestInProgress: the key was taken since ``replay`` was asked (in another transaction).
        """
        ...

    def replay(self, idempotency: IdempotencyKey, now: datetime) -> Run | None:
        """The run that was started with this key before, None when there is none (or it has expired).

        Raises:
            IdempotencyConflict: the key came with another body then.
        """
        ...

    def forget_expired(self, now: datetime, limit: int) -> int:
        """Erase expired idempotency keys of the company; how many there were, at most ``limit``.

        Raises:
            PermissionDenied: for any scope but SOPHIA's own.
        """
        ...

    def get(self, run_id: str) -> Run:
        """One run.

        Raises:
            NotFound: none, or another user's.
        """
        ...

    def live(self, thread_id: str) -> Run | None:
        """The thread's live run."""
        ...

    def count_live(self) -> dict[Whose, int]:
        """How many runs are live, of the scope's user and of the whole company."""
        ...

    def claim(self, run_id: str, owner: str, now: datetime, until: datetime) -> Lease | None:
        """Take a live run whose lease has expired, counting the attempt; None when it cannot be had."""
        ...

    def renew(self, leases: Collection[Lease], until: datetime) -> dict[Lease, Standing]:
        """Keep leases, and hear how their runs stand; what is lost is not renewed."""
        ...

    def append(self, news: Mapping[Lease, Sequence[RunEvent]]) -> frozenset[Lease]:
        """Add to the logs of runs. Nothing is added where the lease is lost; these leases are given back."""
        ...

    def finish(self, lease: Lease, outcome: Outcome, before: Sequence[RunEvent] = ()) -> None:
        """End the run: its last events, its status and its outcome together.

        Raises:
            LeaseLost: somebody else holds it, or the run has ended.
        """
        ...

    def request_cancel(self, run_id: str) -> Run:
        """Ask the run to stop; a run that has ended stays as it is.

        Raises:
            NotFound: no such run.
        """
        ...

    def abandoned(self, now: datetime, limit: int) -> tuple[tuple[Run, str], ...]:
        """Live runs of the company whose lease has expired, each with its user; oldest first.

        Raises:
            PermissionDenied: for any scope but SOPHIA's own.
        """
        ...

    def events(self, run_id: str, after: int = 0, limit: int = 1000) -> tuple[Sequenced, ...]:
        """The run's events with a sequence above ``after``, in order.

        Raises:
            NotFound: no such run.
        """
        ...

    def logged(self, before: datetime, limit: int) -> tuple[str, ...]:
        """The company's runs, by id, that were begun before a time, have ended and still have their log.

        Raises:
            PermissionDenied: for any scope but SOPHIA's own.
        """
        ...

    def forget_events(self, run_ids: Collection[str]) -> int:
        """Erase the logs of runs that have ended, but for their last event; how many had more than that.

        Raises:
            PermissionDenied: for any scope but SOPHIA's own.
        """
        ...


class Documents(Protocol):
    """The knowledge base: documents, the stored text of their versions, chunks and vectors."""

    def list(self, limit: int, cursor: str | None = None, source: str | None = None) -> Page[Document]:
        """Documents that the scope may read, in order of id.

        Raises:
            InvalidInput: the cursor is none that this list gave out.
        """
        ...

    def get(self, document_id: str) -> Document:
        """One document.

        Raises:
            NotFound: none, or not the caller's to read.
        """
        ...

    def of_source(self, source: str) -> dict[str, Document]:
        """All documents of a source by external id, whoever may read them.

        Raises:
            PermissionDenied: for any scope but SOPHIA's own.
        """
        ...

    def text(self, document_id: str, version: str | None = None) -> str:
        """The stored text of one of the last `KEPT_VERSIONS` versions (None: the newest).

        Raises:
            NotFound: no such document or version, or not the caller's to read.
        """
        ...

    def put(self, document: Document, text: str, chunks: Sequence[Chunk]) -> None:
        """Store a document whole, replacing what was there: a new generation.

        ``pending`` is counted here, not taken over from the document.

        Raises:
            NotFound: there is one that is not the caller's to read.
            DocumentRejected: the text holds NUL characters.
        """
        ...

    def touch(self, document: Document) -> None:
        """Store what is listed of a document (uri, fingerprint, size, time, readers, failure), not its text.

        A change of readers is a new generation.

        Raises:
            NotFound: none, or not the caller's to read.
        """
        ...

    def remove(self, document_id: str) -> None:
        """Erase a document: every version's text, its chunks, the vectors no other chunk needs. A new generation.

        Raises:
            NotFound: none, or not the caller's to read.
        """
        ...

    def missing_vectors(self, digests: Sequence[str], embedder: str) -> set[str]:
        """Those chunk digests that have no vector of this embedder."""
        ...

    def add_vectors(self, vectors: dict[str, bytes], embedder: str) -> None:
        """Store vectors by chunk digest, whatever was there: a new generation for the documents that waited for them.

        From then on ``pending`` of a document counts what this embedder has no vector for.
        """
        ...

    def pending(self, embedder: str, limit: int) -> tuple[tuple[str, ChunkText], ...]:
        """Digest and embedded text of chunks that wait for a vector of this embedder, each once, in a stable order.

        At most ``limit``; none only when no chunk waits.
        """
        ...

    def passages(self, chunk_ids: Sequence[str]) -> tuple[Passage, ...]:
        """The chunks with their documents, in the order asked; those gone or not the caller's to read are left out."""
        ...

    def generation(self) -> int:
        """Grows with every change of what an index holds; 0 for a company that never had a document."""
        ...

    def changes(self, since: int, embedder: str, limit: int) -> tuple[DocumentChange, ...]:
        """Documents changed after generation ``since``, by generation; with their vectors of this embedder.

        No two documents share a generation: ask again with the last one's to go on.

        Raises:
            PermissionDenied: for any scope but SOPHIA's own.
        """
        ...

    def set_source(
        self, name: str, type: str, refreshed_at: datetime | None, failures: Sequence[DocumentFailure]
    ) -> None:
        """Store how the last refresh of a source went; None: it did not answer, and was read when it was before."""
        ...

    def forget_source(self, name: str) -> None:
        """Erase what ``set_source`` stored of a source; its documents are removed one by one before."""
        ...

    def size(self) -> KnowledgeSize:
        """Of all documents, whoever may read them.

        Raises:
            PermissionDenied: for any scope but SOPHIA's own.
        """
        ...

    def waiting(self) -> int:
        """How many chunks that the scope may read wait for their vector; none is found by meaning."""
        ...

    def sources(self) -> tuple[SourceStatus, ...]:
        """Every source with the documents that the scope may read."""
        ...


class Refreshes(Protocol):
    """Refreshes of the company's knowledge; one at a time."""

    def start(self, refresh: Refresh, owner: str, now: datetime, until: datetime) -> Lease:
        """Begin one, and hold it. A live one whose lease has expired is ended as failed first.

        Raises:
            RefreshInProgress: one is under way.
        """
        ...

    def renew(self, leases: Collection[Lease], until: datetime) -> dict[Lease, Standing]:
        """Keep leases, and hear how they stand; what is lost is not renewed."""
        ...

    def append(self, lease: Lease, event: RefreshEvent) -> None:
        """Add to the refresh's log.

        Raises:
            LeaseLost: the lease expired and somebody else has begun, or the refresh has ended.
        """
        ...

    def finish(self, lease: Lease, ended: RefreshEnded) -> None:
        """End it: its state and the last event together.

        Raises:
            LeaseLost: as in ``append``.
        """
        ...

    def get(self, refresh_id: str) -> Refresh:
        """One refresh.

        Raises:
            NotFound: none in this company.
        """
        ...

    def last(self) -> Refresh | None:
        """The newest one."""
        ...

    def events(self, refresh_id: str, after: int = 0, limit: int = 1000) -> tuple[Sequenced, ...]:
        """Its events with a sequence above ``after``, in order.

        Raises:
            NotFound: none in this company.
        """
        ...

    def logged(self, before: datetime, limit: int) -> tuple[str, ...]:
        """Those, by id, that have ended before a time and still have their log. Raises as `Runs.logged`."""
        ...

    def forget_events(self, refresh_ids: Collection[str]) -> int:
        """As `Runs.forget_events`."""
        ...


class Tickets(Protocol):
    """Tickets of the scope's user."""

    def add(self, ticket: Ticket) -> Ticket:
        """Store a ticket; the same key gives back the ticket that is there.

        Raises:
            CompanyMismatch: the ticket names another company than the scope.
        """
        ...

    def get(self, ticket_id: str) -> Ticket:
        """One ticket.

        Raises:
            NotFound: none, or another user's.
        """
        ...

    def list(self, limit: int, cursor: str | None = None) -> Page[Ticket]:
        """The tickets, newest first.

        Raises:
            InvalidInput: the cursor is none that this list gave out.
        """
        ...

    def of_thread(self, thread_id: str, limit: int) -> tuple[Ticket, ...]:
        """The tickets that were asked for in a thread, newest first."""
        ...

    def numbered(self, number: str) -> tuple[Ticket, ...]:
        """The tickets that have this id, or this number at the agent that acts (upper or lower case), newest first."""
        ...

    def update(self, ticket: Ticket) -> None:
        """Store a ticket's new state (status, number, reason, what was reported); its text stays as it is stored.

        Raises:
            NotFound: none, or another user's.
        """
        ...


class Outbox(Protocol):
    """What has an effect outside, waiting to be delivered at least once. Claiming is for SOPHIA's own scope."""

    def add(self, ticket_id: str, key: str, due: datetime) -> None:
        """Queue the delivery of a ticket; the same key is queued once."""
        ...

    def claim(self, owner: str, now: datetime, until: datetime, limit: int) -> tuple[tuple[Lease, str, int], ...]:
        """Take deliveries that are due and free: lease (its work is the key), ticket id, attempts so far.

        Each time that a delivery is taken its fence grows by one, from 1; attempts are those that ended in ``again``.
        A fence above attempts + 1 tells that an earlier holder has not come to an end: it has died, or still works.

        Raises:
            PermissionDenied: for any scope but SOPHIA's own.
        """
        ...

    def take(self, key: str, owner: str, now: datetime, until: datetime) -> tuple[Lease, str, int] | None:
        """Take one delivery, due or not, as ``claim`` does; None when it is not free, or done.

        Raises:
            PermissionDenied: for any scope but SOPHIA's own.
        """
        ...

    def done(self, lease: Lease) -> None:
        """Delivered, or refused for good: forget it.

        Raises:
            LeaseLost: somebody else has taken it.
        """
        ...

    def again(self, lease: Lease, due: datetime) -> None:
        """Not delivered: try again when due, counting the attempt.

        Raises:
            LeaseLost: somebody else has taken it.
        """
        ...

    def depth(self) -> int:
        """How many deliveries wait."""
        ...


class EvidenceLog(Protocol):
    """What look-ups have found, in turns of the scope's user. It goes when its thread is erased."""

    def add(self, evidence: Evidence) -> None:
        """Store what was found.

        Raises:
            NotFound: no such thread, or another user's.
        """
        ...

    def get(self, evidence_id: str) -> Evidence:
        """What was found, as it was stored.

        Raises:
            NotFound: none, or another user's.
        """
        ...

    def aged(self, before: datetime, limit: int) -> tuple[str, ...]:
        """What was found in the company before a time, by id, oldest first.

        Raises:
            PermissionDenied: for any scope but SOPHIA's own.
        """
        ...

    def forget(self, evidence_ids: Collection[str]) -> int:
        """Erase what was found; how much of it there was. Raises as ``aged``."""
        ...


class RemoteThreads(Protocol):
    """Threads that services outside keep for threads of the scope's user; one of each service for one of ours."""

    def get(self, service: str, thread_id: str) -> RemoteThread | None:
        """The one that carries on a thread of ours; None where there is none, or the thread is another user's."""
        ...

    def put(self, remote: RemoteThread) -> None:
        """Store it as it is now. One of the same service that it takes the place of is an orphan from then on.

        So is one as soon as a thread is no more of which it holds words. An orphan stays one.

        Raises:
            NotFound: no such thread of ours, or another user's.
        """
        ...

    def orphans(self, service: str, limit: int) -> tuple[str, ...]:
        """Those of the company that were replaced, or hold words of a thread that was erased, by id.

        They wait to be erased there.

        Raises:
            PermissionDenied: for any scope but SOPHIA's own.
        """
        ...

    def forget(self, service: str, remote_ids: Collection[str]) -> None:
        """Forget orphans: they are erased. Raises as ``orphans``."""
        ...


class AuditLog(Protocol):
    """The company's audit trail; append-only."""

    def append(self, event: AuditEvent) -> AuditEntry:
        """Record an event, done by the scope's user, as the next in the trail."""
        ...

    def head(self) -> Head | None:
        """Of the last entry; None before the first."""
        ...

    def entries(self, after: int = 0, limit: int = 1000) -> tuple[AuditEntry, ...]:
        """Entries with a sequence above ``after``, in order."""
        ...


class Delivered(Protocol):
    """How far the company's audit trail was delivered; claiming is for SOPHIA's own scope."""

    def position(self) -> int:
        """The sequence of the last entry that is known to be delivered; 0 before the first."""
        ...

    def claim(self, owner: str, now: datetime, until: datetime) -> tuple[Lease, int, int] | None:
        """Take the delivery over until a time: lease, position, failed attempts in a row; None: held, or not due.

        Raises:
            PermissionDenied: for any scope but SOPHIA's own.
        """
        ...

    def settle(self, lease: Lease, position: int, attempts: int, due: datetime | None) -> None:
        """Store how far it is by now, and let it go: until it is due, if a time is given.

        Raises:
            LeaseLost: somebody else has taken it.
        """
        ...


class Tallies(Protocol):
    """What the company, and the scope's user, have used in the present window of time.

    Where each thing of a kind is counted apart, ``of`` names it.
    """

    def get(self, what: Counted, whose: Whose, beginning: datetime, of: str = "") -> Tally:
        """What counts in the window that began then, see `Tally.at`."""
        ...

    def put(self, what: Counted, whose: Whose, tally: Tally, of: str = "") -> None:
        """Store a tally in place of the one before; only the last window is kept."""
        ...


class LogTail(Protocol):
    """Listens to a log that others write to, in this process or another."""

    def wait(self, after: int, timeout: float) -> tuple[Sequenced, ...]:
        """Return as soon as the log may hold more than ``after``, or after ``timeout`` seconds.

        What is handed out are the events next after ``after``, in order, where they are known without a
        look into the log. None handed out means: look.
        """
        ...


class Transaction(Protocol):
    """Everything of one scope, seen and changed together."""

    @property
    def conversations(self) -> Conversations: ...
    @property
    def runs(self) -> Runs: ...
    @property
    def documents(self) -> Documents: ...
    @property
    def refreshes(self) -> Refreshes: ...
    @property
    def tickets(self) -> Tickets: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def evidence(self) -> EvidenceLog: ...
    @property
    def remote_threads(self) -> RemoteThreads: ...
    @property
    def audit(self) -> AuditLog: ...
    @property
    def delivered(self) -> Delivered: ...
    @property
    def tallies(self) -> Tallies: ...


class Records(Protocol):
    """Opens transactions."""

    def check(self) -> None:
        """Pass when the store answers and is laid out as this version of SOPHIA expects.

        Raises:
            Unavailable: it does not, or is not.
        """
        ...

    def read(self, scope: TenantScope) -> AbstractContextManager[Transaction]:
        """A consistent view. Nothing written in it stays.

        Raises:
            Unavailable: the store does not answer.
        """
        ...

    def write(self, scope: TenantScope) -> AbstractContextManager[Transaction]:
        """All of it or nothing: committed when the block ends, rolled back when it raises.

        Writers wait for one another.

        Raises:
            Unavailable: the store does not answer.
        """
        ...

    def tail(self, scope: TenantScope, log_id: str) -> AbstractContextManager[LogTail]:
        """Listen to the log of a run or refresh of the company, for as long as the block runs."""
        ...
