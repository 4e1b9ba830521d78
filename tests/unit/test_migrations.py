"""Steps that change rows which are there already, on both engines."""

from itertools import count
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from sophia.adapters import sql
from sophia.adapters.sql import SqlRecords, migrate, open_engine, reading, writing
from sophia.adapters.system import SystemClock
from sophia.domain.limits import KnowledgeSize
from sophia.testing.contracts.records_world import ANA
from sophia.testing.scopes import system_scope

_numbers = count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path):
    """A database without tables, opened by their owner to be."""
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path}/sophia.db")
        yield engine
        engine.dispose()
        return
    server = request.getfixturevalue("postgres_server")
    administrator = create_engine(server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    name = f"older_{next(_numbers)}"
    with administrator.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN")
        connection.exec_driver_sql(f"CREATE DATABASE {name} OWNER {name}")
    engine = open_engine(server.format(name=name).replace("//postgres:", f"//{name}:"))
    yield engine
    engine.dispose()
    with administrator.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        connection.exec_driver_sql(f"DROP ROLE {name}")
    administrator.dispose()


def upgrade(engine, step):
    config = Config()
    config.set_main_option("script_location", str(Path(sql.__file__).parent / "migrations"))
    with writing(engine, "") as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, step)


def test_every_thread_that_is_there_gets_a_salt_of_its_own(empty):
    upgrade(empty, "0006")
    threads = [("acme", "thr_1"), ("acme", "thr_2"), ("globex", "thr_1")]
    for company, thread in threads:
        at = "'2026-01-01 00:00:00.000000'"
        with writing(empty, company) as connection:
            said = f"'{company}', '{thread}', 'ana', 'VPN', 'es', {at}, {at}, 0"
            connection.execute(text(f"INSERT INTO threads VALUES ({said})"))
    migrate(empty)
    salts = set()
    for company, thread in threads:
        with reading(empty, company) as connection:
            query = text("SELECT salt FROM threads WHERE company_id = :company AND id = :thread")
            salts.add(bytes(connection.scalar(query, {"company": company, "thread": thread})))
    assert len(salts) == 3
    assert {len(salt) for salt in salts} == {32}
    with SqlRecords(empty, SystemClock()).read(ANA) as tx:
        assert tx.conversations.thread("thr_1").salt in salts


def test_the_texts_that_are_there_are_measured(empty):
    upgrade(empty, "0008")
    at = "'2026-01-01 00:00:00.000000'"
    for company, text_ in (("acme", "año"), ("globex", "año nuevo")):
        with writing(empty, company) as connection:
            listed = f"'{company}', 'doc_1', 'docs', 'a.md', 'A', 'a.md', 'es', 'v2', 'f', 3, 1, 0, {at}, '[]', NULL, 1"
            connection.execute(text(f"INSERT INTO documents VALUES ({listed})"))
            for version, stored in (("v1", "an earlier text"), ("v2", text_)):
                row = f"'{company}', 'doc_1', '{version}', 1, '{stored}'"
                connection.execute(text(f"INSERT INTO document_texts VALUES ({row})"))
    migrate(empty)
    for company, text_ in (("acme", "año"), ("globex", "año nuevo")):
        with SqlRecords(empty, SystemClock()).read(system_scope(company)) as tx:
            assert tx.documents.size() == KnowledgeSize(1, len(text_.encode()))
    if empty.dialect.name == "postgresql":
        with reading(empty, "initech") as connection:
            assert connection.scalar(text("SELECT count(*) FROM documents")) == 0
