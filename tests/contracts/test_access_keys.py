"""The suite of access keys, over the fake and SQL."""

import pytest

from sophia.adapters.sql import migrate, open_engine
from sophia.adapters.sql.access_keys import SqlAccessKeys
from sophia.testing.contracts.access_keys import AccessKeysContract
from sophia.testing.fakes.access_keys import MemoryAccessKeys


class TestMemoryAccessKeys(AccessKeysContract):
    @pytest.fixture
    def keys(self):
        return MemoryAccessKeys()


class TestSqlAccessKeys(AccessKeysContract):
    @pytest.fixture
    def keys(self, tmp_path):
        engine = open_engine(f"sqlite:///{tmp_path}/sophia.db")
        migrate(engine)
        yield SqlAccessKeys(engine)
        engine.dispose()


class TestPostgresAccessKeys(AccessKeysContract):
    @pytest.fixture
    def keys(self, make_postgres):
        engine = open_engine(make_postgres())
        yield SqlAccessKeys(engine)
        engine.dispose()
