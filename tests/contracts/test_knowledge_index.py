from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sophia.adapters.azure_agents.company_stores import CompanyStores
from sophia.adapters.azure_agents.endpoint import Endpoint
from sophia.adapters.azure_agents.index import AzureKnowledgeIndex
from sophia.adapters.azure_agents.translate import file_name
from sophia.adapters.azure_agents.vector_stores import VectorStores
from sophia.adapters.embedded_index.index import EmbeddedKnowledgeIndex
from sophia.adapters.postgres_index.index import PostgresKnowledgeIndex
from sophia.adapters.sql import open_engine
from sophia.domain.knowledge import Document, DocumentChange, document_id, text_version
from sophia.domain.tenancy import EVERYONE, Company, TenantScope
from sophia.errors import NotFound
from sophia.ports.embedder import Embedder
from sophia.ports.knowledge_index import KnowledgeIndex
from sophia.testing.contracts.knowledge_index import KnowledgeIndexContract
from sophia.testing.emulators.azure_agents import AzureAgentsEmulator
from sophia.testing.emulators.azure_agents.credential import EmulatedCredential
from sophia.testing.fakes.identity import MemoryTenantDirectory
from sophia.testing.fakes.knowledge_index import MemoryKnowledgeIndex
from sophia.testing.fakes.memory import MemoryRecords
from sophia.testing.fakes.system import FrozenClock

NOW = datetime(2026, 11, 1, tzinfo=UTC)


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
    def index(self, make_postgres: Callable[[], str], embedder: Embedder) -> Iterator[KnowledgeIndex]:
        engine = open_engine(make_postgres())
        yield PostgresKnowledgeIndex(engine, embedder.version)
        engine.dispose()


class Settling(KnowledgeIndex):
    """An index at Azure whose refreshes have one generation each: the store holds then what is on record."""

    def __init__(self, azure: AzureAgentsEmulator, folder: Path, embedder: Embedder) -> None:
        self.azure = azure
        self.records = MemoryRecords(FrozenClock())
        self.stores = {company: azure.add_store({}) for company in ("acme", "globex")}
        directory = MemoryTenantDirectory()
        for company, store in self.stores.items():
            directory.add(Company(company, company, vector_store_id=store))
        own = EmbeddedKnowledgeIndex(folder, embedder.version)
        stores = VectorStores(Endpoint(azure.endpoint), EmulatedCredential(), 8)
        self.index = AzureKnowledgeIndex(own, CompanyStores(stores, directory, self.records), self.records)
        self.generation, self.clear, self.search = self.index.generation, self.index.clear, self.index.search

    def apply(self, scope: TenantScope, changes: Iterable[DocumentChange], generation: int) -> bool:
        changes = list(changes)
        with self.records.write(scope) as tx:
            for change in changes:
                document, text = self.document(scope.company_id, change)
                with suppress(NotFound):
                    tx.documents.remove(document.id)
                tx.documents.set_source("docs", "memory", NOW, ())
                if change.chunks:
                    tx.documents.put(document, text, [indexed.chunk for indexed in change.chunks])
        assert self.index.apply(scope, changes, generation)
        assert self.settle(scope, lambda *_: None) == ()
        with self.records.read(scope) as tx:
            documents = tx.documents.list(1000).items
        everybodys = {file_name(each.id, each.version) for each in documents if EVERYONE in each.readers}
        store = self.stores[scope.company_id]
        assert {self.azure.stores.files[id_]["filename"] for id_ in self.azure.stores.entries[store]} == everybodys
        return True

    def settle(self, scope: TenantScope, on_progress: Callable[[str, int, int], None]) -> tuple[()]:
        assert self.index.settle(scope, on_progress) == ()
        return ()

    def document(self, company: str, change: DocumentChange) -> tuple[Document, str]:
        text = " ".join(indexed.chunk.text for indexed in change.chunks)
        id_ = document_id(company, "docs", change.document_id)
        document = Document(
            id_,
            "docs",
            change.document_id,
            "",
            "",
            "en",
            text_version(text),
            "",
            1,
            len(change.chunks),
            NOW,
            change.readers,
        )
        return document, text


class TestAzureKnowledgeIndex(KnowledgeIndexContract):
    @pytest.fixture
    def index(self, tmp_path: Path, embedder: Embedder) -> Iterator[KnowledgeIndex]:
        with AzureAgentsEmulator() as azure:
            yield Settling(azure, tmp_path, embedder)
