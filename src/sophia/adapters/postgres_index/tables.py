"""The tables of the index.

They are derived, and no step of the records' migrations: only who chooses this index needs pgvector.

Words and vectors lie apart: a row of both would fill most of a page, and each side of a search reads its own whole.
Neither has an index for what is searched. An approximate one over all companies' vectors misses nearly everything of
one company, and row-level security keeps the operators of text search out of indexes, as Postgres does not know
that they leak nothing.
"""

from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from sophia.adapters.sql.engine import reading, writing
from sophia.errors import ConfigurationError, Fault, Unavailable

__all__ = ["TABLES", "check_tables", "create_tables"]

TABLES = ("index_states", "index_words", "index_vectors")

_OWN = "company_id = current_setting('sophia.company', true)"
_OFFERED = text("SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector')")
_INSTALLED = text("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'vector')")
_MISSING = text("SELECT count(*) FROM unnest(CAST(:tables AS text[])) AS name WHERE to_regclass(name) IS NULL")

# Compressed or put elsewhere, a row would be fetched and unpacked once for every word of every query.
_IN_PLACE = "WITH (toast_tuple_target = 8160)"
_DDL = (
    """
    CREATE TABLE index_states (
        company_id text NOT NULL,
        version text NOT NULL,
        generation bigint NOT NULL,
        chunks bigint NOT NULL,
        words bigint NOT NULL,
        PRIMARY KEY (company_id, version)
    )
    """,
    f"""
    CREATE TABLE index_words (
        company_id text NOT NULL,
        version text NOT NULL,
        chunk_id text NOT NULL,
        document_id text NOT NULL,
        readers text[] NOT NULL,
        length integer NOT NULL,
        terms tsvector NOT NULL,
        PRIMARY KEY (company_id, version, chunk_id)
    ) {_IN_PLACE}
    """,
    f"""
    CREATE TABLE index_vectors (
        company_id text NOT NULL,
        version text NOT NULL,
        chunk_id text NOT NULL,
        document_id text NOT NULL,
        readers text[] NOT NULL,
        vector vector NOT NULL,
        PRIMARY KEY (company_id, version, chunk_id)
    ) {_IN_PLACE}
    """,
    "CREATE INDEX index_words_of_document ON index_words (company_id, document_id)",
    "CREATE INDEX index_vectors_of_document ON index_vectors (company_id, document_id)",
    *(
        statement
        for table in TABLES
        for statement in (
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"CREATE POLICY own_company ON {table} USING ({_OWN}) WITH CHECK ({_OWN})",
        )
    ),
)


def create_tables(engine: Engine) -> None:
    """Make the tables where they are missing, as their owner.

    Raises:
        ConfigurationError: this Postgres has no pgvector, or the role may not switch it on.
        Unavailable: the database does not answer.
    """
    with writing(engine, "") as connection:
        if not connection.scalar(_MISSING, {"tables": list(TABLES)}):
            return
        if not connection.scalar(_INSTALLED):
            if not connection.scalar(_OFFERED):
                raise ConfigurationError(Fault("/knowledge/index", "this Postgres does not offer pgvector: install it"))
            try:
                connection.exec_driver_sql("CREATE EXTENSION vector")
            except ProgrammingError as exc:
                detail = "this role may not switch pgvector on: let a superuser run CREATE EXTENSION vector"
                raise ConfigurationError(Fault("/knowledge/index", detail)) from exc
        for statement in _DDL:
            connection.exec_driver_sql(statement)


def check_tables(engine: Engine) -> None:
    """Pass when the tables are there.

    Raises:
        Unavailable: they are not, or the database does not answer.
    """
    with reading(engine) as connection:
        if connection.scalar(_MISSING, {"tables": list(TABLES)}):
            detail = "it has no tables for the knowledge index; `sophia migrate` with this configuration makes them"
            raise Unavailable("database", detail)
