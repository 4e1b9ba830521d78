"""Connections, transactions and migrations: the only place that knows one database from another.

Writers wait for one another. On SQLite those of a process queue for one lock and only the first
of them asks the file for its write lock, often and briefly: SQLite's own back-off sleeps up to
100 ms at a time and serves whoever comes by first. On Postgres the writers of one company queue
for an advisory lock. What a write transaction has read therefore stays true until it commits.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, Semaphore
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from sophia.errors import ConfigurationError, Conflict, Fault, Unavailable

__all__ = ["check_migrated", "check_role", "grant", "migrate", "open_engine", "reading", "writing"]

_PATIENCE = 30.0
"""Seconds that a writer waits for its turn."""

_READERS = 6
"""Connections that read an SQLite file at once. It answers from memory, so that more would only contend for the
interpreter: hundreds of threads that all want it at once cost more than what they do."""

_KNOCK = 0.0002
"""Seconds between two tries for the write lock of the file."""

_ROLE = text(
    "SELECT rolname, rolsuper, rolbypassrls, EXISTS (SELECT FROM pg_tables WHERE tableowner = current_user"
    " AND tablename = 'alembic_version') AS owns FROM pg_roles WHERE rolname = current_user"
)

_MIGRATIONS = Path(__file__).parent / "migrations"


def open_engine(url: str) -> Engine:
    """Connect to the database at an SQLAlchemy URL; nothing is opened yet.

    The engine may be used by any number of threads, the database by any number of processes.
    A process that forks opens its engine afterwards.

    Raises:
        ConfigurationError: the URL cannot be understood, its driver is not installed, or it
            names an SQLite database that is not a file.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            if parsed.database in (None, "", ":memory:"):
                raise ConfigurationError(Fault("/database/url", "an SQLite database has to be a file"))
            return _open_sqlite(url)
        engine = create_engine(url, json_serializer=_to_json, pool_size=16, max_overflow=16, pool_pre_ping=True)
    except (ArgumentError, ImportError) as exc:
        detail = "not the SQLAlchemy URL of a database whose driver is installed"
        raise ConfigurationError(Fault("/database/url", detail)) from exc
    event.listen(engine, "begin", _begin_postgres)
    return engine


@contextmanager
def reading(engine: Engine, company_id: str = "") -> Iterator[Connection]:
    """A connection with a consistent view; whatever is written over it is rolled back.

    Args:
        engine: of the database.
        company_id: whose rows are seen; on Postgres no others are, whatever is asked for.

    Raises:
        Unavailable: the database does not answer.
    """
    if (file := _file_of(engine)) is not None:
        with _translated(engine), file.readers.begun() as connection:
            yield connection
        return
    with _translated(engine), engine.connect().execution_options(reads_for=company_id) as connection:
        connection.begin()
        yield connection


@contextmanager
def writing(engine: Engine, company_id: str, *, queue: str | None = None) -> Iterator[Connection]:
    """A connection whose transaction commits when the block ends, and rolls back when it raises.

    Args:
        engine: of the database.
        company_id: whose rows are written; on Postgres no others can be.
        queue: on Postgres, what to wait in line for where it is not the company's records.

    Raises:
        Conflict: what was written contradicts what is stored.
        Unavailable: the database does not answer, or other writers take too long.
    """
    if (file := _file_of(engine)) is not None:
        with _translated(engine), file.writer.begun() as connection:
            yield connection
        return
    options = {"writes_for": company_id, "queue": queue or company_id}
    with _translated(engine), engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def migrate(engine: Engine) -> None:
    """Bring the tables up to date. Processes that start at once do it one after the other.

    Raises:
        Unavailable: the database does not answer.
    """
    if _revision(engine) == _newest():
        return
    # Only needed when there is something to do, and it takes a tenth of a second to load.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with writing(engine, "") as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def grant(engine: Engine, role: str) -> None:
    """Let a role of Postgres that is not the owner work with the tables, and with no more than their rows.

    Raises:
        Unavailable: the database does not answer, or there is no such role.
    """
    quoted = engine.dialect.identifier_preparer.quote_identifier(role)
    with writing(engine, "") as connection:
        connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA public TO {quoted}")
        connection.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}")


def check_migrated(engine: Engine) -> None:
    """Pass when the tables are those of this version.

    Raises:
        Unavailable: they are older or newer, or the database does not answer.
    """
    if _revision(engine) != _newest():
        raise Unavailable("database", "its tables are not of this version; `sophia migrate` brings them up to date")


def check_role(engine: Engine) -> None:
    """Pass when row-level security holds for whoever this connects as; SQLite has none, and no other users.

    Raises:
        ConfigurationError: it does not hold for a superuser, and an owner could switch it off.
        Unavailable: the database does not answer.
    """
    if engine.dialect.name != "postgresql":
        return
    with reading(engine) as connection:
        who = connection.execute(_ROLE).one()
    wrong = (
        "is a superuser or bypasses row-level security"
        if who.rolsuper or who.rolbypassrls
        else "owns the tables, and could switch row-level security off"
        if who.owns
        else ""
    )
    if wrong:
        detail = f"the role {who.rolname!r} {wrong}: let `sophia migrate` be run by the owner and SOPHIA by another"
        raise ConfigurationError(Fault("/database/url", detail))


def _revision(engine: Engine) -> str | None:
    """The step at which the tables stand; None before the first."""
    with reading(engine) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def _newest() -> str:
    """The newest step; their files begin with their numbers."""
    return max(file.name for file in (_MIGRATIONS / "versions").glob("0*.py")).partition("_")[0]


class _Connections:
    """Some connections to an SQLite file, for whoever takes them next; each stays open and keeps its statements.

    SQLAlchemy would take ten times as long as SQLite does to lend one and to begin and end a transaction. So it sees
    each begun once, for good, and the driver is told where transactions begin and end.
    """

    def __init__(self, engine: Engine, room: "Lock | Semaphore", *, write: bool) -> None:
        self._engine = engine
        self._room = room
        self._write = write
        self._idle: list[Connection] = []

    @contextmanager
    def begun(self) -> Iterator[Connection]:
        """A connection in a transaction, which commits when the block ends if it is one for writing."""
        if not self._room.acquire(timeout=_PATIENCE):
            raise Unavailable("database", "others take too long")
        try:
            connection = self._take() or self._open()
            driver: Any = connection.connection.dbapi_connection
            try:
                if self._write:
                    _insist(lambda: driver.execute("BEGIN IMMEDIATE"))
                else:
                    driver.execute("BEGIN")
                yield connection
                if self._write:
                    driver.commit()
            finally:
                driver.rollback()  # does nothing after a commit
                self._idle.append(connection)
        finally:
            self._room.release()

    def close(self) -> None:
        """Close those that nobody has; they are opened anew when they are wanted."""
        while (connection := self._take()) is not None:
            connection.close()

    def _take(self) -> Connection | None:
        try:
            return self._idle.pop()
        except IndexError:  # somebody may take the last one at the same moment
            return None

    def _open(self) -> Connection:
        connection = self._engine.connect()
        connection.begin()
        if self._write:
            connection.exec_driver_sql("PRAGMA busy_timeout = 0")  # `_insist` has the patience
        return connection


class _SqliteFile:
    """The connections of a process to an SQLite file: one at a time writes, free of readers."""

    def __init__(self, engine: Engine) -> None:
        self.readers = _Connections(engine, Semaphore(_READERS), write=False)
        self.writer = _Connections(engine, Lock(), write=True)

    def close(self) -> None:
        """Close what nobody uses."""
        self.readers.close()
        self.writer.close()


def _file_of(engine: Engine) -> _SqliteFile | None:
    """What is kept open of an SQLite file; None for another database."""
    file: _SqliteFile | None = engine.get_execution_options().get("file")
    return file


def _open_sqlite(url: str) -> Engine:
    engine = create_engine(
        url,
        json_serializer=_to_json,
        poolclass=NullPool,
        connect_args={"cached_statements": 256, "timeout": _PATIENCE},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    file = _SqliteFile(engine)
    event.listen(engine, "engine_disposed", lambda _: file.close())
    engine.update_execution_options(file=file)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    _insist(lambda: connection.execute("PRAGMA journal_mode = WAL"))
    connection.execute("PRAGMA wal_autocheckpoint = 4000")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # what is erased leaves no trace in free pages


def _begin_postgres(connection: Connection) -> None:
    options = connection.get_execution_options()
    if "writes_for" in options:
        connection.exec_driver_sql(
            "SELECT set_config('sophia.company', %(company)s, true), set_config('lock_timeout', %(patience)s, true),"
            " pg_advisory_xact_lock(hashtextextended(%(queue)s, 0))",
            {"company": options["writes_for"], "queue": options["queue"], "patience": f"{_PATIENCE:g}s"},
        )
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.exec_driver_sql(
            "SELECT set_config('sophia.company', %(company)s, true)", {"company": options.get("reads_for", "")}
        )


def _insist(execute: Callable[[], object]) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            execute()
        except sqlite3.OperationalError as exc:
            busy = exc.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > until:
                raise Unavailable("database", "it is locked" if busy else "it cannot be opened") from exc
            time.sleep(_KNOCK)
        else:
            return


@contextmanager
def _translated(engine: Engine) -> Iterator[None]:
    # The driver's own words stay in __cause__: they can hold values of a row.
    driver = engine.dialect.loaded_dbapi
    try:
        yield
    except (IntegrityError, driver.IntegrityError) as exc:
        raise Conflict("this contradicts what is stored already") from exc
    except (SQLAlchemyError, driver.Error) as exc:
        raise Unavailable("database", "it does not answer as it should") from exc


def _to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
