"""Bringing an index up to the system of record."""

from sophia.domain.tenancy import TenantScope
from sophia.ports.embedder import Embedder
from sophia.ports.knowledge_index import KnowledgeIndex
from sophia.ports.records import Records

__all__ = ["SyncIndex"]


class SyncIndex:
    """Hands an index what changed since the generation it stands for; after a crash or a loss, all of it."""

    def __init__(self, records: Records, index: KnowledgeIndex, embedder: Embedder, batch: int = 200) -> None:
        self._records = records
        self._index = index
        self._embedder = embedder
        self._batch = batch

    def __call__(self, scope: TenantScope) -> int:
        """Bring one company's index up to date (a scope of SOPHIA's own).

        Returns:
            How many documents it was told of; 0 as well when another writer is at it, who will do it.
        """
        told = 0
        while True:
            have = self._index.generation(scope)
            with self._records.read(scope) as tx:
                newest = tx.documents.generation()
                changes = tx.documents.changes(have, self._embedder.version, self._batch) if have < newest else ()
            if have == newest:
                return told
            if have > newest:
                # The index has outlived the records that it was made from.
                self._index.clear(scope)
                continue
            reached = changes[-1].generation if len(changes) >= self._batch else newest
            if not self._index.apply(scope, changes, reached):
                return told
            told += len(changes)
