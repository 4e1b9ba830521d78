"""The suite of the system of record, over the fake and over SQL on both engines."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sophia.adapters.sql import SqlRecords, migrate, open_engine
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
        engine = open_engine(f"sqlite:///{tmp_path}/sophia.db")
        migrate(engine)
        yield SqlRecords(engine, clock)
        _end_polling()
        engine.dispose()


class TestPostgresRecords(RecordsContract):
    @pytest.fixture
    def records(self, clock: FrozenClock, make_postgres: Callable[[], str]) -> Iterator[Records]:
        engine = open_engine(make_postgres())
        yield SqlRecords(engine, clock)
        _end_polling()
        engine.dispose()


def _end_polling() -> None:
    """Whoever polls for a listener that has just gone would put its connection into a pool that is no more."""
    for thread in threading.enumerate():
        if thread.name == "log-watch":
            thread.join(10)
