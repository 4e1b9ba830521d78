"""The system of record, ready to use."""

from sqlalchemy import Engine

from sophia.adapters.postgres_index.tables import check_tables, create_tables
from sophia.adapters.sql.engine import check_migrated, check_role, grant, migrate, open_engine
from sophia.bootstrap.settings import Settings
from sophia.errors import ConfigurationError, Fault, SophiaError

__all__ = ["migrate_database", "open_database"]


def open_database(settings: Settings) -> Engine:
    """Connect to the database that the settings name, with its tables up to date.

    An SQLite file is brought up to date here; the tables of Postgres are another role's, see `migrate_database`.

    Raises:
        ConfigurationError: the URL cannot be used, its role could see more than one company, or ``data_dir`` cannot be
            made.
        Unavailable: the database does not answer, or its tables are of another version.
    """
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(Fault("/service/data_dir", f"cannot be made: {error.strerror}")) from error
    engine = open_engine(settings.database_url)
    try:
        if engine.dialect.name == "sqlite":
            migrate(engine)
        else:
            check_role(engine)
            check_migrated(engine)
            if settings.knowledge.searches == "postgres":
                check_tables(engine)
    except SophiaError:
        engine.dispose()
        raise
    return engine


def migrate_database(settings: Settings, grant_to: str | None = None) -> None:
    """Bring the tables up to date, as their owner, and let another role work with them.

    Raises:
        ConfigurationError: the URL cannot be used, or the knowledge index is to be in a Postgres without pgvector.
        Unavailable: the database does not answer, or there is no such role.
    """
    engine = open_engine(settings.database_url)
    migrate(engine)
    if settings.knowledge.searches == "postgres":
        create_tables(engine)
    if grant_to is not None:
        grant(engine, grant_to)
    engine.dispose()
