"""The system of record, ready to use."""

from sqlalchemy import Engine

from sophia.adapters.sql.engine import migrate, open_engine
from sophia.bootstrap.settings import Settings
from sophia.errors import ConfigurationError, Fault

__all__ = ["open_database"]


def open_database(settings: Settings) -> Engine:
    """Connect to the database that the settings name, with its tables up to date.

    Raises:
        ConfigurationError: the URL cannot be used, or ``data_dir`` cannot be made.
        Unavailable: the database does not answer.
    """
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(Fault("/service/data_dir", f"cannot be made: {error.strerror}")) from error
    engine = open_engine(settings.database_url)
    migrate(engine)
    return engine
