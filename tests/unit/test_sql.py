"""The SQL records beyond their contract: processes, crashes, migrations, what is left in the file."""

import multiprocessing
import os
import signal
import sqlite3
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from attrs import evolve
from sqlalchemy import text

from sophia.adapters import sql
from sophia.adapters.sql import SqlRecords, migrate, open_engine, reading, writing
from sophia.adapters.sql.tables import metadata
from sophia.adapters.system import SystemClock, UlidIds
from sophia.domain.audit import AuditEvent, breaks
from sophia.domain.conversation import Message, Role, Thread
from sophia.domain.runs import Answer, MessageDelta, Run, RunCompleted, RunStatus, Sequenced
from sophia.domain.tickets import TicketStatus
from sophia.errors import ConfigurationError, Conflict, Unavailable
from sophia.testing.contracts.records_world import ANA, SYSTEM, World, vector
from sophia.testing.fakes.system import FrozenClock, SequentialIds

_SPAWN = multiprocessing.get_context("spawn")
_PATIENCE = 60


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/sophia.db"


@pytest.fixture
def engine(url):
    engine = open_engine(url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def world(engine) -> World:
    clock = FrozenClock()
    return World(SqlRecords(engine, clock), clock, SequentialIds())


def _turn(records: SqlRecords, clock: SystemClock, ids: UlidIds) -> None:
    now = clock.now()
    thread_id, run_id, message_id = ids.new("thr"), ids.new("run"), ids.new("msg")
    with records.write(ANA) as tx:
        tx.conversations.add_thread(Thread(thread_id, "hola", "es", now, now, ids.random(32)))
        run = Run(run_id, thread_id, message_id, RunStatus.RUNNING, now, attempt=1)
        lease = tx.runs.start(run, "me", now + timedelta(seconds=30))
        tx.conversations.add_message(Message(message_id, thread_id, run_id, Role.USER, "hola", "es", now))
        tx.audit.append(AuditEvent("question.asked", run_id))
    with records.write(ANA) as tx:
        tx.runs.append({lease: [MessageDelta("hola ")] * 2})
    with records.write(ANA) as tx:
        tx.runs.finish(lease, RunCompleted(Answer(thread_id, run_id, message_id, "hola", "es")))
        tx.audit.append(AuditEvent("question.answered", run_id))


def _work(url: str, turns: int, begin, errors) -> None:
    try:
        engine = open_engine(url)
        migrate(engine)
        records, clock, ids = SqlRecords(engine, SystemClock()), SystemClock(), UlidIds()
        begin.wait(_PATIENCE)
        for _ in range(turns):
            _turn(records, clock, ids)
    except BaseException as error:
        errors.put(repr(error))
        raise


def _work_for_ever(url: str, ready) -> None:
    records, clock, ids = SqlRecords(open_engine(url), SystemClock()), SystemClock(), UlidIds()
    while True:
        _turn(records, clock, ids)
        ready.set()


def _append_later(url: str, run_id: str, lease, ready) -> None:
    records = SqlRecords(open_engine(url), SystemClock())
    with records.read(ANA) as tx:
        tx.runs.get(run_id)
    ready.set()
    time.sleep(0.3)
    with records.write(ANA) as tx:
        tx.runs.append({lease: [MessageDelta("x")]})


def test_processes_migrate_and_write_at_once(url):
    # None of them finds a database: they also race for making it.
    workers, turns = 3, 40
    begin, errors = _SPAWN.Barrier(workers), _SPAWN.Queue()
    processes = [_SPAWN.Process(target=_work, args=(url, turns, begin, errors)) for _ in range(workers)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(_PATIENCE)
    assert [process.exitcode for process in processes] == [0] * workers, errors.get(timeout=1)
    engine = open_engine(url)
    with reading(engine) as connection:
        for table, rows in {"threads": 1, "messages": 1, "runs": 1, "run_events": 3, "audit": 2}.items():
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == rows * workers * turns
        highest = connection.execute(text("SELECT max(sequence) FROM audit")).scalar_one()
        assert highest == 2 * workers * turns
    engine.dispose()


def test_a_killed_writer_leaves_a_consistent_database(url, engine):
    ready = _SPAWN.Event()
    process = _SPAWN.Process(target=_work_for_ever, args=(url, ready))
    process.start()
    assert ready.wait(_PATIENCE)
    time.sleep(0.2)
    os.kill(process.pid, signal.SIGKILL)
    process.join(_PATIENCE)
    assert process.exitcode == -signal.SIGKILL
    with reading(engine) as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        # What is written together is there together.
        count = {
            name: connection.execute(text(query)).scalar_one()
            for name, query in {
                "runs": "SELECT count(*) FROM runs",
                "messages": "SELECT count(*) FROM messages",
                "asked": "SELECT count(*) FROM audit WHERE action = 'question.asked'",
                "ended": "SELECT count(*) FROM runs WHERE status = 'completed' AND outcome IS NOT NULL",
                "answered": "SELECT count(*) FROM audit WHERE action = 'question.answered'",
                "entries": "SELECT count(*) - max(sequence) FROM audit",
            }.items()
        }
    assert count["runs"] == count["messages"] == count["asked"] > 0
    assert count["ended"] == count["answered"]
    assert count["entries"] == 0
    _turn(SqlRecords(engine, SystemClock()), SystemClock(), UlidIds())


def test_a_log_written_by_another_process_wakes_a_listener(url, world):
    run, lease = world.started(world.thread())
    ready = _SPAWN.Event()
    process = _SPAWN.Process(target=_append_later, args=(url, run.id, lease, ready))
    process.start()
    assert ready.wait(_PATIENCE)
    with world.records.tail(ANA, run.id) as tail:
        assert tail.wait(1, _PATIENCE) == ()
    with world.records.read(ANA) as tx:
        assert len(tx.runs.events(run.id)) == 2
    process.join(_PATIENCE)
    assert process.exitcode == 0


def test_who_listens_is_told_by_its_own_process_without_a_look(world):
    world.records._watch._ask = dict
    run, lease = world.started(world.thread())
    news = [MessageDelta(str(n)) for n in range(1000)]
    with world.records.tail(ANA, run.id) as tail:
        with world.records.write(ANA) as tx:
            tx.runs.append({lease: news[:3]})
        assert tail.wait(1, 30) == tuple(Sequenced(n, event) for n, event in enumerate(news[:3], 2))
        assert tail.wait(3, 30) == (Sequenced(4, news[2]),)
        # What came before is not known, nor is all of a long stretch kept: these look.
        assert tail.wait(0, 30) == ()
        with world.records.write(ANA) as tx:
            tx.runs.append({lease: news[3:]})
        assert tail.wait(4, 30) == ()
        assert tail.wait(999, 30) == (Sequenced(1000, news[998]), Sequenced(1001, news[999]))


def test_those_who_listen_share_one_poll(world):
    asked, together = [], threading.Event()
    ask = world.records._watch._ask

    def heard(logs):
        asked.append((threading.get_ident(), len(logs)))
        if [many for _, many in asked].count(len(waiters)) == 3:
            together.set()
        return ask(logs)

    def listen(run_id):
        with world.records.tail(ANA, run_id) as tail:
            while not together.is_set():
                assert tail.wait(1, 0.01) == ()

    world.records._watch._ask = heard

    waiters = [threading.Thread(target=listen, args=(world.run(world.thread()).id,)) for _ in range(5)]
    for waiter in waiters:
        waiter.start()
    assert together.wait(_PATIENCE)
    for waiter in waiters:
        waiter.join(_PATIENCE)
    assert len({thread for thread, _ in asked}) == 1
    assert not world.records._watch._heard


def test_migrations_and_metadata_agree(engine, tmp_path):
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    # What Alembic does not compare: conditions of indexes, keys, rowids.
    other = open_engine(f"sqlite:///{tmp_path}/other.db")
    with writing(other, "") as connection:
        metadata.create_all(connection)
    assert _schema(engine) == _schema(other)
    other.dispose()


def _schema(engine) -> dict[str, str]:
    query = text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%'")
    with reading(engine) as connection:
        # SQLite writes the name of a table that was made anew in quotes.
        return {row.name: " ".join(row.sql.replace('"', "").split()) for row in connection.execute(query)}


def test_migrating_again_changes_nothing(engine):
    before = _schema(engine)
    migrate(engine)
    assert _schema(engine) == before


def test_an_older_database_is_brought_to_the_newest_step(engine, tmp_path):
    older = open_engine(f"sqlite:///{tmp_path}/older.db")
    config = Config()
    config.set_main_option("script_location", str(Path(sql.__file__).parent / "migrations"))
    with writing(older, "") as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for company, sequence in (("acme", 1), ("globex", 1), ("acme", 2)):
            said = f"'{company}', {sequence}, '2026-01-01 00:00:0{sequence}.000000', 'ana', 'did', 'ñ', '{{}}'"
            connection.execute(text(f"INSERT INTO audit VALUES ({said})"))
    migrate(older)
    assert _schema(older) == _schema(engine)
    with reading(older) as connection:
        newest = ScriptDirectory.from_config(config).get_current_head()
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == newest
    with SqlRecords(older, SystemClock()).read(SYSTEM) as tx:
        assert [entry.sequence for entry in tx.audit.entries()] == [1, 2]
        assert list(breaks("acme", tx.audit.entries())) == []
    older.dispose()


def test_every_table_belongs_to_companies():
    for table in metadata.tables.values():
        assert "company_id" in table.primary_key.columns, table.name


def _tables_with(path: Path, needle: str) -> set[str]:
    connection = sqlite3.connect(path)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {
        name
        for name in names
        for row in connection.execute(f"SELECT * FROM {name}")
        if any(needle in (cell.decode("latin-1") if isinstance(cell, bytes) else str(cell)) for cell in row)
    }
    connection.close()
    return found


def test_nothing_of_a_deleted_thread_is_left_in_the_file(world, engine, tmp_path):
    secret = "zarzaparrilla"
    thread = world.thread()
    with world.records.write(ANA) as tx:
        tx.conversations.add_thread(evolve(thread, id="thr_titled", title=secret))
    titled = evolve(thread, id="thr_titled")
    world.said(titled, text=f"Clave: {secret}", vector=vector(1, 0))
    run, lease = world.started(titled, key=world.key())
    ticket, waiting = world.ticket(titled, text=secret), world.ticket(titled, text=f"espera: {secret}")
    answer = Answer(titled.id, run.id, "msg_1", f"Sí: {secret}", "es")
    with world.records.write(ANA) as tx:
        tx.runs.append({lease: [MessageDelta(secret)]})
        tx.runs.finish(lease, RunCompleted(answer))
        for one in (ticket, waiting):
            tx.tickets.add(one)
            tx.outbox.add(one.id, one.key, world.clock.now())
        tx.tickets.update(evolve(ticket, status=TicketStatus.DELIVERED, external_id="LOCAL-1"))
        tx.audit.append(AuditEvent("ticket.delivered", ticket.id))
    path = tmp_path / "sophia.db"
    assert _tables_with(path, secret) == {"threads", "messages", "runs", "run_events", "tickets"}
    with world.records.write(ANA) as tx:
        tx.conversations.delete_thread(titled.id)
    assert _tables_with(path, secret) == {"tickets"}
    with world.records.write(SYSTEM) as tx:
        tx.tickets.update(evolve(waiting, status=TicketStatus.REJECTED))
    assert _tables_with(path, secret) == set()
    # Not even in free pages, once the write-ahead log is folded in.
    engine.dispose()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert all(secret.encode() not in file.read_bytes() for file in tmp_path.iterdir())


def test_a_contradiction_is_a_conflict(world):
    thread = world.thread()
    with pytest.raises(Conflict) as caught, world.records.write(ANA) as tx:
        tx.conversations.add_thread(thread)
    assert caught.value.__cause__ is not None


def test_a_database_that_is_none_is_unavailable(tmp_path):
    (tmp_path / "sophia.db").write_text("this is no database, but long enough to be looked at " * 50)
    engine = open_engine(f"sqlite:///{tmp_path}/sophia.db")
    with pytest.raises(Unavailable) as caught:
        migrate(engine)
    assert caught.value.dependency == "database"
    engine.dispose()


def test_a_database_without_tables_is_unavailable(url):
    engine = open_engine(url)
    records = SqlRecords(engine, SystemClock())
    with pytest.raises(Unavailable), records.read(ANA) as tx:
        tx.conversations.threads(1)
    engine.dispose()


@pytest.mark.parametrize(
    "url", ["", "nonsense", "sqlite://", "sqlite:///:memory:", "oracle+none://x/y", "sqlite://h/x"]
)
def test_an_unusable_url_is_a_configuration_error(url):
    with pytest.raises(ConfigurationError):
        open_engine(url)
