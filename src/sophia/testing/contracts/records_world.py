"""What the suites of the system of record share: the records under test, and things to put in them."""

import hashlib
import struct
from collections.abc import Callable
from datetime import timedelta
from typing import TypeAlias

import pytest
from attrs import evolve, frozen

from sophia.domain.asked import Action, Category
from sophia.domain.conversation import Message, Role, Thread
from sophia.domain.knowledge import Chunk, ChunkKind, Document, document_id, text_version
from sophia.domain.refresh import Refresh, RefreshOptions, RefreshStatus
from sophia.domain.runs import IdempotencyKey, Lease, Run, RunStatus
from sophia.domain.tenancy import EVERYONE, TenantScope
from sophia.domain.tickets import Enclosure, Priority, Ticket, delivery_key
from sophia.ports.records import Records, Transaction
from sophia.ports.system import Ids
from sophia.testing.fakes.system import FrozenClock, SequentialIds
from sophia.testing.scopes import system_scope, user_scope

__all__ = [
    "ANA",
    "BOB",
    "EVE",
    "OTHER_SYSTEM",
    "SYSTEM",
    "Attempt",
    "RecordsCase",
    "World",
    "chunked",
    "key_for",
    "vector",
]

ANA = user_scope("acme", "ana", groups=("soc",))
BOB = user_scope("acme", "bob")
EVE = user_scope("globex", "ana", groups=("soc",))
"""Of another company, by the same user id and group."""

SYSTEM = system_scope("acme")
OTHER_SYSTEM = system_scope("globex")


Attempt: TypeAlias = Callable[[Transaction], object]
"""Something that is tried in a transaction."""


@frozen
class World:
    """Records under test, with the clock and the ids that they were given."""

    records: Records
    clock: FrozenClock
    ids: Ids

    def thread(self, scope: TenantScope = ANA) -> Thread:
        """A thread, stored."""
        now = self.clock.now()
        thread = Thread(self.ids.new("thr"), "VPN", "es", now, now, self.ids.random(32))
        with self.records.write(scope) as tx:
            tx.conversations.add_thread(thread)
        return thread

    def message(self, thread_id: str, text: str = "¿Qué VPN usamos?", vector: bytes = b"") -> Message:
        """A message, not stored."""
        return Message(
            self.ids.new("msg"), thread_id, self.ids.new("run"), Role.USER, text, "es", self.clock.now(), vector
        )

    def said(self, thread: Thread, scope: TenantScope = ANA, text: str = "hola", vector: bytes = b"") -> Message:
        """A message, stored."""
        message = self.message(thread.id, text, vector)
        with self.records.write(scope) as tx:
            tx.conversations.add_message(message)
        return message

    def new_run(self, thread: Thread) -> Run:
        """A run, not stored."""
        now = self.clock.now()
        return Run(self.ids.new("run"), thread.id, self.ids.new("msg"), RunStatus.RUNNING, now, attempt=1)

    def started(
        self, thread: Thread, scope: TenantScope = ANA, key: IdempotencyKey | None = None, seconds: float = 30
    ) -> tuple[Run, Lease]:
        """A run, started and held."""
        run = self.new_run(thread)
        with self.records.write(scope) as tx:
            lease = tx.runs.start(run, "worker", self.clock.now() + timedelta(seconds=seconds), key)
        return run, lease

    def run(self, thread: Thread, scope: TenantScope = ANA, key: IdempotencyKey | None = None) -> Run:
        """A run, started."""
        return self.started(thread, scope, key)[0]

    def claimed(self, run: Run, scope: TenantScope = ANA, owner: str = "worker", seconds: float = 30) -> Lease:
        """The lease on a run, whose last one has to have expired."""
        now = self.clock.now()
        with self.records.write(scope) as tx:
            lease = tx.runs.claim(run.id, owner, now, now + timedelta(seconds=seconds))
        assert lease is not None, "the run could not be claimed"
        return lease

    def document(self, name: str, text: str, company: str = "acme", source: str = "docs") -> Document:
        """A document with this text, not stored."""
        return Document(
            id=document_id(company, source, name),
            source=source,
            external_id=name,
            title=name.title(),
            uri=f"file:///{name}",
            language="es",
            version=text_version(text),
            fingerprint=f"{name}-1",
            size=len(text.encode()),
            chunks=len(chunked(text)),
            updated_at=self.clock.now(),
            text_bytes=len(text.encode()),
        )

    def put(
        self, name: str, text: str, scope: TenantScope = SYSTEM, *, readers: frozenset[str] = frozenset({EVERYONE})
    ) -> Document:
        """A document, stored in one chunk a line; as it is listed then."""
        document = evolve(self.document(name, text, scope.company_id), readers=readers)
        with self.records.write(scope) as tx:
            tx.documents.put(document, text, chunked(text))
        with self.records.read(system_scope(scope.company_id)) as tx:
            return tx.documents.get(document.id)

    def refresh(self) -> Refresh:
        """A refresh, not stored."""
        options = RefreshOptions(("docs",), force=True)
        return Refresh(self.ids.new("ref"), RefreshStatus.RUNNING, options, "ana", self.clock.now())

    def ticket(self, thread: Thread, scope: TenantScope = ANA, text: str = "Bloquead la IP 10.0.0.9") -> Ticket:
        """A ticket, not stored."""
        run_id = self.ids.new("run")
        return Ticket(
            id=self.ids.new("tkt"),
            key=delivery_key(scope.company_id, thread.id, run_id, "VICTORIA"),
            target="VICTORIA",
            company_id=scope.company_id,
            user_id=scope.user_id,
            thread_id=thread.id,
            run_id=run_id,
            category=Category.CHANGE,
            priority=Priority.HIGH,
            title=text,
            user_message=text,
            actions=(Action(text, (text, "10.0.0.9")),),
            language="es",
            created_at=self.clock.now(),
            priority_reason="falla",
            enclosures=(Enclosure("Manual", "docs", "manual.md", "10.0.0.8", "doc_1", "sha256:0"),),
        )

    def key(self, key: str = "k-1", body: str = "body", seconds: float = 86_400) -> IdempotencyKey:
        """An idempotency key that holds from now on."""
        return IdempotencyKey(key, key_for(body), self.clock.now() + timedelta(seconds=seconds))


class RecordsCase:
    """Override ``records``: empty ones, that ask ``clock`` for the time."""

    @pytest.fixture
    def records(self, clock: FrozenClock) -> Records:
        """The records under test."""
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> FrozenClock:
        """The time."""
        return FrozenClock()

    @pytest.fixture
    def world(self, records: Records, clock: FrozenClock) -> World:
        """Records, clock and ids."""
        return World(records, clock, SequentialIds())


def chunked(text: str) -> tuple[Chunk, ...]:
    """A chunk a line; every other one is a list under a heading."""
    chunks = []
    start = 0
    for ordinal, line in enumerate(text.splitlines(keepends=True)):
        kind, heading = (ChunkKind.LIST, ("Guía", "Ámbito")) if ordinal % 2 else (ChunkKind.PROSE, ())
        chunks.append(Chunk(ordinal, start, start + len(line), line, heading, kind))
        start += len(line)
    return tuple(chunks)


def key_for(body: str) -> str:
    """The digest of a body."""
    return hashlib.sha256(body.encode()).hexdigest()


def vector(*numbers: float) -> bytes:
    """Little-endian float32 bytes."""
    return struct.pack(f"<{len(numbers)}f", *numbers)
