from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from sophia.adapters.embedded_index.index import EmbeddedKnowledgeIndex
from sophia.adapters.postgres_index.index import PostgresKnowledgeIndex
from sophia.ports.embedder import Embedder
from sophia.ports.knowledge_index import KnowledgeIndex
from sophia.testing.contracts.knowledge_index import KnowledgeIndexContract
from sophia.testing.fakes.knowledge_index import MemoryKnowledgeIndex


class TestMemoryKnowledgeIndex(KnowledgeIndexContract):
    @pytest.fixture
    def index(self) -> KnowledgeIndex:
        return MemoryKnowledgeIndex()


class TestEmbeddedKnowledgeIndex(KnowledgeIndexContract):
    @pytest.fixture
    def index(self, tmp_path: Path, embedder: Embedder) -> KnowledgeIndex:
        return EmbeddedKnowledgeIndex(tmp_path, embedder.version)


class TestPostgresKnowledgeIndex(KnowledgeIndexContract):
    @pytest.fixture
    def index(self, make_postgres: Callable[[], Engine], embedder: Embedder) -> KnowledgeIndex:
        return PostgresKnowledgeIndex(make_postgres(), embedder.version)
