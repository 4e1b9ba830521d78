"""The suite of the system of record, over the fake and over SQL on both engines."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from databases import closed, open_sqlite
from sophia.adapters.sql import SqlRecords
from sophia.ports.records import Records
from sophia.testing.contracts.records import RecordsContract
from sophia.testing.fakes.memory import MemoryRecords
from sophia.testing.fakes.system import FrozenClock


class TestMemoryRecords(RecordsContract):
    @pytest.fixture
    def records(self, clock: FrozenClock) -> Records:
        return MemoryRecords(clock)


class TestSqlRecords(RecordsContract):
    @pytest.fixture
    def records(self, clock: FrozenClock, tmp_path: Path) -> Iterator[Records]:
        engine = open_sqlite(tmp_path / "sophia.db")
        yield SqlRecords(engine, clock)
        closed(engine)


class TestPostgresRecords(RecordsContract):
    @pytest.fixture
    def records(self, clock: FrozenClock, make_postgres: Callable[[], Engine]) -> Records:
        return SqlRecords(make_postgres(), clock)
