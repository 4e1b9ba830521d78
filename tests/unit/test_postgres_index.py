"""What the index in Postgres does beyond its port: tables, roles, versions, writers at once."""

import threading

import attrs
import pytest
from sqlalchemy import create_engine, text

from sophia.adapters.postgres_index.index import PostgresKnowledgeIndex
from sophia.adapters.postgres_index.tables import TABLES, check_tables, create_tables
from sophia.adapters.sql import migrate, open_engine, reading, writing
from sophia.bootstrap.database import migrate_database, open_database
from sophia.bootstrap.settings import DatabaseSettings, KnowledgeSettings, Settings
from sophia.domain.knowledge import Chunk, DocumentChange, IndexedChunk, KnowledgeQuery
from sophia.domain.tenancy import EVERYONE
from sophia.errors import ConfigurationError, Unavailable
from sophia.testing.fakes.embedder import HashingEmbedder
from sophia.testing.scopes import system_scope, user_scope

EMBEDDER = HashingEmbedder()


@pytest.fixture
def engine(make_postgres):
    return make_postgres()


@pytest.fixture
def owner(engine):
    """The owner of the same tables."""
    owner = open_engine(engine.url.set(username="postgres").render_as_string(hide_password=False))
    yield owner
    owner.dispose()


@pytest.fixture
def index(engine):
    return PostgresKnowledgeIndex(engine, EMBEDDER.version)


def change(document_id, *texts, generation=1):
    chunks = tuple(
        IndexedChunk(f"{document_id}:{generation}:{i}", Chunk(i, 0, len(text), text), vector)
        for i, (text, vector) in enumerate(zip(texts, EMBEDDER.embed_passages(texts), strict=True))
    )
    return DocumentChange(document_id, generation, "", "en", frozenset({EVERYONE}), chunks)


def found(index, text, company="acme"):
    return [hit.document_id for hit in index.search(user_scope(company), KnowledgeQuery(text))]


def test_a_query_without_a_filter_sees_one_company(engine, index):
    index.apply(system_scope("acme"), [change("a", "firewall")], 1)
    index.apply(system_scope("globex"), [change("g", "firewall")], 1)
    for company, count in (("acme", 1), ("globex", 1), ("initech", 0), ("", 0)):
        with reading(engine, company) as connection:
            for table in TABLES:
                rows = connection.execute(text(f"SELECT company_id FROM {table}")).scalars().all()
                assert rows == [company] * count


def test_vectors_of_another_embedder_are_never_compared(engine, index):
    index.apply(system_scope(), [change("a", "firewall")], 1)
    other = PostgresKnowledgeIndex(engine, "another-model")
    assert other.generation(user_scope()) == 0
    assert found(other, "firewall") == []
    other.apply(system_scope(), [change("b", "firewall")], 1)
    assert found(index, "firewall") == ["a"]


def test_what_is_gone_is_gone_for_every_embedder(engine, index):
    index.apply(system_scope(), [change("a", "firewall")], 1)
    PostgresKnowledgeIndex(engine, "another-model").apply(system_scope(), [DocumentChange("a", 2)], 2)
    with reading(engine, "acme") as connection:
        for table in ("index_words", "index_vectors"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_a_rare_word_tells_more_than_a_common_one(index):
    common = [change(f"c{i}", "firewall rules of the site", generation=i) for i in range(1, 20)]
    index.apply(system_scope(), [*common, change("rare", "quarantine of the site", generation=20)], 20)
    assert found(index, "firewall quarantine")[0] == "rare"


def test_a_word_said_more_often_counts_more_and_a_long_text_less(index):
    filler = " ".join(f"word{i}" for i in range(40))
    changes = [
        change("once", "firewall other words"),
        change("thrice", "firewall firewall firewall"),
        change("long", f"firewall {filler}"),
    ]
    index.apply(system_scope(), changes, 1)
    assert found(index, "firewall") == ["thrice", "once", "long"]


def test_a_quoted_phrase_comes_before_its_words(index):
    changes = [change("apart", "policy of the new password"), change("phrase", "the new password policy of")]
    index.apply(system_scope(), changes, 1)
    assert found(index, 'the "password policy"')[0] == "phrase"


@pytest.mark.parametrize("said", ["O'Brien\\admin", "a'; DROP TABLE index_words; --", "C:\\Windows\\System32"])
def test_quotes_and_backslashes_are_words_like_others(index, said):
    index.apply(system_scope(), [change("a", f"about {said} here"), change("b", "nothing of it")], 1)
    assert found(index, said)[0] == "a"


def test_a_huge_text_is_taken_and_an_essay_is_answered(index):
    words = " ".join(f"word{i % 5000}" for i in range(40_000))
    index.apply(system_scope(), [change("huge", words), change("other", "firewall")], 1)
    assert found(index, words[:50_000]) == ["huge"]
    assert found(index, "firewall") == ["other"]


def test_writers_at_once_leave_what_the_last_generation_says(index):
    together = threading.Barrier(4)

    def write(generation):
        together.wait()
        index.apply(system_scope(), [change("a", f"firewall number{generation}", generation=generation)], generation)

    threads = [threading.Thread(target=write, args=(generation,)) for generation in (1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert index.generation(system_scope()) == 4
    (hit,) = index.search(user_scope(), KnowledgeQuery("firewall"))
    assert hit.chunk_id == "a:4:0"


def test_the_records_are_written_while_the_index_is(engine, index):
    with writing(engine, "acme"):
        assert index.apply(system_scope(), [change("a", "firewall")], 1)
    assert found(index, "firewall") == ["a"]


def test_a_vector_of_another_width_changes_nothing_that_was_there(index):
    index.apply(system_scope(), [change("a", "firewall")], 1)
    with pytest.raises(Unavailable):
        index.search(user_scope(), KnowledgeQuery("firewall", (1.0, 0.0)))
    assert found(index, "firewall") == ["a"]


def test_migrate_makes_the_tables_where_the_index_is_chosen(postgres_server, tmp_path):
    name = "without_index"
    admin = create_engine(postgres_server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        connection.exec_driver_sql("CREATE ROLE index_user LOGIN")
    try:
        owner = postgres_server.format(name=name)
        settings = Settings(directory=tmp_path, database=DatabaseSettings(owner))
        user = DatabaseSettings(owner.replace("//postgres:", "//index_user:"))
        chosen = attrs.evolve(settings, knowledge=KnowledgeSettings(index="postgres"))
        migrate_database(settings, "index_user")
        open_database(attrs.evolve(settings, database=user)).dispose()
        with pytest.raises(Unavailable, match="sophia migrate"):
            open_database(attrs.evolve(chosen, database=user))
        for _ in range(2):
            migrate_database(chosen, "index_user")
        engine = open_database(attrs.evolve(chosen, database=user))
        PostgresKnowledgeIndex(engine, "v").apply(system_scope(), [change("a", "firewall")], 1)
        engine.dispose()
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
            connection.exec_driver_sql("DROP ROLE index_user")
        admin.dispose()


def test_a_role_that_may_not_switch_pgvector_on_is_told(postgres_server):
    admin = create_engine(postgres_server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("CREATE ROLE plain LOGIN")
        connection.exec_driver_sql("CREATE DATABASE of_plain")
        connection.exec_driver_sql("GRANT CONNECT ON DATABASE of_plain TO plain")
    try:
        engine = open_engine(postgres_server.format(name="of_plain").replace("//postgres:", "//plain:"))
        with pytest.raises(ConfigurationError, match="CREATE EXTENSION vector"):
            create_tables(engine)
        with pytest.raises(Unavailable):
            check_tables(engine)
        engine.dispose()
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql("DROP DATABASE of_plain WITH (FORCE)")
            connection.exec_driver_sql("DROP ROLE plain")
        admin.dispose()


def test_the_role_makes_nothing_of_the_tables_its_own(engine, owner):
    migrate(owner)
    create_tables(owner)
    for statement in ("DROP TABLE index_words", "ALTER TABLE index_words DISABLE ROW LEVEL SECURITY"):
        with pytest.raises(Unavailable), writing(engine, "acme") as connection:
            connection.execute(text(statement))
