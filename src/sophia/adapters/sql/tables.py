"""The tables of the system of record, alike on SQLite and Postgres.

Every table has a ``company_id`` and every query names it. Logs and counters live in the row of
what they belong to (``last_sequence``, ``generation``), so that the update that checks a lease or
an owner also hands out the next number.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    literal_column,
)

__all__ = [
    "JsonValue",
    "UtcDateTime",
    "access_keys",
    "audit",
    "audit_deliveries",
    "chunks",
    "companies",
    "desk_reports",
    "document_readers",
    "document_texts",
    "documents",
    "embeddings",
    "evidence",
    "idempotency",
    "is_live",
    "is_running",
    "is_waiting",
    "messages",
    "metadata",
    "outbox",
    "refresh_events",
    "refreshes",
    "remote_threads",
    "run_events",
    "runs",
    "sources",
    "tallies",
    "threads",
    "tickets",
    "tombstones",
]


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored and read as UTC; SQLite keeps no zone of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


JsonValue = JSON(none_as_null=True)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
    }
)

companies = Table(
    "companies",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("generation", Integer, nullable=False),
    # Document.pending counts the chunks that this embedder, the last one heard of, has no vector for.
    Column("embedder", Text, nullable=False),
)

threads = Table(
    "threads",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("last_position", Integer, nullable=False),
    Column("salt", LargeBinary, nullable=False, server_default=""),
    sqlite_with_rowid=False,
)
Index("threads_of_user", threads.c.company_id, threads.c.user_id, threads.c.id)

messages = Table(
    "messages",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("thread_id", Text, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("vector", LargeBinary),
    ForeignKeyConstraint(["company_id", "thread_id"], ["threads.company_id", "threads.id"], ondelete="CASCADE"),
)
Index("messages_by_id", messages.c.company_id, messages.c.id, unique=True)
Index(
    "messages_to_recall",
    messages.c.company_id,
    messages.c.user_id,
    sqlite_where=messages.c.vector.is_not(None),
    postgresql_where=messages.c.vector.is_not(None),
)
Index(
    "messages_to_embed",
    messages.c.company_id,
    messages.c.id,
    sqlite_where=messages.c.vector.is_(None),
    postgresql_where=messages.c.vector.is_(None),
)

# `Records.tail` knows a log by its id alone: runs and refreshes have the id first in their key.
runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("company_id", Text, primary_key=True),
    Column("thread_id", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("outcome", JsonValue),
    Column("attempt", Integer, nullable=False),
    Column("cancel_requested", Boolean, nullable=False),
    Column("owner", Text),
    Column("lease_until", UtcDateTime),
    Column("fence", Integer, nullable=False),
    Column("last_sequence", Integer, nullable=False),
    ForeignKeyConstraint(["company_id", "thread_id"], ["threads.company_id", "threads.id"], ondelete="CASCADE"),
    sqlite_with_rowid=False,
)
# A literal, not a parameter: a partial index is followed only where a query repeats its condition.
is_live = runs.c.status == literal_column("'running'")
# Begins with the thread, or SQLite would take it instead of `runs_live` to look for a company's live runs.
Index("runs_of_thread", runs.c.thread_id, runs.c.company_id)
Index(
    "runs_live",
    runs.c.company_id,
    runs.c.thread_id,
    unique=True,
    sqlite_where=is_live,
    postgresql_where=is_live,
)

run_events = Table(
    "run_events",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("company_id", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("event", JsonValue, nullable=False),
    ForeignKeyConstraint(["run_id", "company_id"], ["runs.id", "runs.company_id"], ondelete="CASCADE"),
    sqlite_with_rowid=False,
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body_digest", Text, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("run_id", Text, nullable=False),
    ForeignKeyConstraint(["run_id", "company_id"], ["runs.id", "runs.company_id"], ondelete="CASCADE"),
    sqlite_with_rowid=False,
)
Index("idempotency_of_run", idempotency.c.run_id, idempotency.c.company_id)
Index("idempotency_expired", idempotency.c.company_id, idempotency.c.expires_at)

documents = Table(
    "documents",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("uri", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("chunks", Integer, nullable=False),
    Column("pending", Integer, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("readers", JsonValue, nullable=False),
    Column("failure", Text),
    Column("generation", Integer, nullable=False),
    Column("text_bytes", Integer, nullable=False, server_default="0"),
)
Index("documents_of_source", documents.c.company_id, documents.c.source)
Index("documents_by_generation", documents.c.company_id, documents.c.generation)
is_waiting = documents.c.pending > literal_column("0")
Index("documents_waiting", documents.c.company_id, sqlite_where=is_waiting, postgresql_where=is_waiting)

_OF_DOCUMENT = (["company_id", "document_id"], ["documents.company_id", "documents.id"])

document_readers = Table(
    "document_readers",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("document_id", Text, primary_key=True),
    Column("reader", Text, primary_key=True),
    ForeignKeyConstraint(*_OF_DOCUMENT, ondelete="CASCADE"),
    sqlite_with_rowid=False,
)

document_texts = Table(
    "document_texts",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("document_id", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("text", Text, nullable=False),
    ForeignKeyConstraint(*_OF_DOCUMENT, ondelete="CASCADE"),
)

chunks = Table(
    "chunks",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("document_id", Text, primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("start_offset", Integer, nullable=False),
    Column("end_offset", Integer, nullable=False),
    Column("heading", JsonValue, nullable=False),
    Column("kind", Text, nullable=False),
    Column("digest", Text, nullable=False),
    ForeignKeyConstraint(*_OF_DOCUMENT, ondelete="CASCADE"),
)
# Begins with the digest, or SQLite would walk a company's chunks by it instead of document by document.
Index("chunks_by_digest", chunks.c.digest, chunks.c.company_id)

embeddings = Table(
    "embeddings",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("embedder", Text, primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("document_id", Text, primary_key=True),
    Column("generation", Integer, nullable=False),
)
Index("tombstones_by_generation", tombstones.c.company_id, tombstones.c.generation)

sources = Table(
    "sources",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("refreshed_at", UtcDateTime),
    Column("failures", JsonValue, nullable=False),
)

refreshes = Table(
    "refreshes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("company_id", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("options", JsonValue, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("report", JsonValue),
    Column("problem", Text),
    Column("owner", Text),
    Column("lease_until", UtcDateTime),
    Column("fence", Integer, nullable=False),
    Column("last_sequence", Integer, nullable=False),
)
is_running = refreshes.c.status == literal_column("'running'")
Index(
    "refreshes_live",
    refreshes.c.company_id,
    unique=True,
    sqlite_where=is_running,
    postgresql_where=is_running,
)

refresh_events = Table(
    "refresh_events",
    metadata,
    Column("refresh_id", Text, primary_key=True),
    Column("company_id", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("event", JsonValue, nullable=False),
    ForeignKeyConstraint(["refresh_id", "company_id"], ["refreshes.id", "refreshes.company_id"], ondelete="CASCADE"),
    sqlite_with_rowid=False,
)

# No foreign key to the thread: a ticket outlives it, without its text.
tickets = Table(
    "tickets",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("thread_id", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("user_message", Text, nullable=False),
    Column("actions", JsonValue, nullable=False),
    Column("language", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("status", Text, nullable=False),
    Column("external_id", Text),
    Column("reason", Text),
    Column("priority_reason", Text, nullable=False, server_default=""),
    Column("enclosures", JsonValue, nullable=False, server_default="[]"),
    Column("state", Text),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("note", Text),
)
Index("tickets_by_key", tickets.c.company_id, tickets.c.key, unique=True)
Index("tickets_of_user", tickets.c.company_id, tickets.c.user_id, tickets.c.id)
Index("tickets_of_thread", tickets.c.company_id, tickets.c.thread_id)

evidence = Table(
    "evidence",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("thread_id", Text, nullable=False),
    Column("taken_at", UtcDateTime, nullable=False),
    Column("body", JsonValue, nullable=False),
    ForeignKeyConstraint(["company_id", "thread_id"], ["threads.company_id", "threads.id"], ondelete="CASCADE"),
)
Index("evidence_of_thread", evidence.c.company_id, evidence.c.thread_id)
Index("evidence_by_age", evidence.c.company_id, evidence.c.taken_at)

# Threads that services outside keep for ours; one that has lost its thread waits to be erased there.
remote_threads = Table(
    "remote_threads",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("service", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("thread_id", Text),
    Column("run_id", Text),
    Column("messages", Integer, nullable=False),
    Column("numbered", Integer, nullable=False),
    Column("recalled", Text, nullable=False),
)
Index("remote_threads_of_user", remote_threads.c.company_id, remote_threads.c.user_id)
Index(
    "remote_threads_of_thread",
    remote_threads.c.company_id,
    remote_threads.c.service,
    remote_threads.c.thread_id,
    unique=True,
)

outbox = Table(
    "outbox",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("ticket_id", Text, nullable=False),
    Column("due", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("owner", Text),
    Column("lease_until", UtcDateTime),
    Column("fence", Integer, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("details", JsonValue, nullable=False),
    Column("previous_hash", Text, nullable=False, server_default=""),
    Column("hash", Text, nullable=False, server_default=""),
    sqlite_with_rowid=False,
)

# How far the audit trail was delivered to the backend.
audit_deliveries = Table(
    "audit_deliveries",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due", UtcDateTime),
    Column("owner", Text),
    Column("lease_until", UtcDateTime),
    Column("fence", Integer, nullable=False),
)

# Looked up before anybody knows whose it is, by digest; everything else is by company.
access_keys = Table(
    "access_keys",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
)
Index("access_keys_by_digest", access_keys.c.digest, unique=True)
Index("access_keys_of_company", access_keys.c.company_id, access_keys.c.created_at)

# What was used in the present minute or day; that of the company is nobody's.
tallies = Table(
    "tallies",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("began", UtcDateTime, nullable=False),
    Column("used", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# What the local ticket desk received. It plays an outside system, which keeps what it was sent.
desk_reports = Table(
    "desk_reports",
    metadata,
    Column("company_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("ticket_id", Text, nullable=False),
)
