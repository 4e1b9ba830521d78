"""What Postgres adds behind the filters of the queries."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from sophia.adapters.postgres_index.tables import TABLES
from sophia.adapters.sql import SqlRecords, open_engine, reading, tables, writing
from sophia.adapters.sql.engine import check_role
from sophia.adapters.sql.tables import metadata
from sophia.domain.audit import AuditEvent
from sophia.domain.tenancy import PLATFORM
from sophia.errors import ConfigurationError, NotFound, Unavailable
from sophia.testing.contracts.records_world import ANA, BOB, EVE, SYSTEM, World
from sophia.testing.fakes.system import FrozenClock, SequentialIds
from sophia.testing.scopes import system_scope


@pytest.fixture
def engine(make_postgres):
    return make_postgres()


@pytest.fixture
def world(engine):
    clock = FrozenClock()
    return World(SqlRecords(engine, clock), clock, SequentialIds())


def test_a_query_without_a_filter_sees_one_company(world, engine):
    for scope in (ANA, EVE):
        ticket = world.ticket(world.thread(scope), scope)
        with world.records.write(scope) as tx:
            tx.tickets.add(ticket)
    for company, count in (("acme", 1), ("globex", 1), ("initech", 0), ("", 0)):
        for connect in (reading, writing):
            with connect(engine, company) as connection:
                for table in ("threads", "tickets"):
                    found = connection.execute(text(f"SELECT company_id FROM {table}")).scalars().all()
                    assert found == [company] * count
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM threads")).scalar_one() == 0


def test_a_write_without_a_filter_changes_one_company(world, engine):
    threads = {scope.company_id: world.thread(scope) for scope in (ANA, EVE)}
    with writing(engine, "acme") as connection:
        assert connection.execute(text("UPDATE threads SET title = 'changed'")).rowcount == 1
        assert connection.execute(text("DELETE FROM threads")).rowcount == 1
    with world.records.read(EVE) as tx:
        assert tx.conversations.thread(threads["globex"].id) == threads["globex"]


def test_the_platforms_trail_and_the_companies_trails_do_not_see_one_another(world, engine):
    for scope in (ANA, system_scope(PLATFORM)):
        with world.records.write(scope) as tx:
            assert tx.audit.append(AuditEvent("did", "x")).sequence == 1
    for company in ("acme", PLATFORM):
        with reading(engine, company) as connection:
            assert connection.execute(text("SELECT company_id FROM audit")).scalars().all() == [company]
    with reading(engine, "globex") as connection:
        assert connection.execute(text("SELECT count(*) FROM audit")).scalar_one() == 0


def test_a_row_of_another_company_cannot_be_written(world, engine):
    world.thread(EVE)
    with pytest.raises(Unavailable) as caught, writing(engine, "acme") as connection:
        connection.execute(text("INSERT INTO desk_reports VALUES ('globex', 'k', 1, 't')"))
    assert "row-level security" in str(caught.value.__cause__)


def test_a_query_whose_filter_is_taken_away_finds_nothing_more(world, engine, monkeypatch):
    thread = world.thread(EVE)
    monkeypatch.setattr("sophia.adapters.sql.conversations._THREAD", tables.threads.select())
    for scope in (ANA, BOB, SYSTEM):
        with world.records.read(scope) as tx, pytest.raises(NotFound):
            tx.conversations.thread(thread.id)
    with world.records.read(EVE) as tx:
        assert tx.conversations.thread("whatever") == thread


def test_every_table_has_its_policy(engine):
    with reading(engine) as connection:
        rows = connection.execute(
            text("SELECT relname, relrowsecurity AND relforcerowsecurity AS holds FROM pg_class WHERE relkind = 'r'")
        )
        held = {row.relname for row in rows if row.holds}
    assert held == {*metadata.tables, *TABLES}


def test_a_role_that_could_see_everything_is_refused(engine):
    check_role(engine)
    superuser = open_engine(engine.url.set(username="postgres").render_as_string(hide_password=False))
    with pytest.raises(ConfigurationError, match="superuser"):
        check_role(superuser)
    with superuser.begin() as connection:
        connection.execute(text("ALTER TABLE alembic_version OWNER TO sophia"))
    with pytest.raises(ConfigurationError, match="owns the tables"):
        check_role(engine)
    superuser.dispose()


def test_the_role_changes_no_table(engine):
    for statement in ("DROP TABLE threads", "ALTER TABLE threads DISABLE ROW LEVEL SECURITY", "TRUNCATE threads"):
        with pytest.raises((Unavailable, SQLAlchemyError)), writing(engine, "acme") as connection:
            connection.execute(text(statement))
