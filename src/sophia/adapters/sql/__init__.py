"""The system of record in SQL: SQLite by default, Postgres by another URL. A home that several adapters share."""

from sophia.adapters.sql.engine import migrate, open_engine, reading, writing
from sophia.adapters.sql.records import SqlRecords

__all__ = ["SqlRecords", "migrate", "open_engine", "reading", "writing"]
