"""The suite of access keys, over the fake and SQL."""

import pytest

from databases import open_sqlite
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
        engine = open_sqlite(tmp_path / "sophia.db")
        yield SqlAccessKeys(engine)
        engine.dispose()


class TestPostgresAccessKeys(AccessKeysContract):
    @pytest.fixture
    def keys(self, make_postgres):
        return SqlAccessKeys(make_postgres())
