"""The knowledge index `azure`: it keeps a company's vector store equal to its documents, and SOPHIA's own search.

The service searches a vector store within an agent's run only, and has no readers, no words to the letter, no offsets
in the stored text and no order that is the same twice: ``docs/azure.md`` tells what follows from that.
"""

from collections.abc import Collection, Iterable

from sophia.adapters.azure_agents.documents import open_documents, texts_of
from sophia.adapters.azure_agents.store_keeper import Progress, Report, StoreKeeper, StoreLimits
from sophia.adapters.azure_agents.translate import document_in
from sophia.adapters.azure_agents.vector_stores import VectorStores
from sophia.domain.knowledge import DocumentChange, DocumentFailure, KnowledgeQuery, SearchHit
from sophia.domain.tenancy import TenantScope
from sophia.errors import LimitExceeded, NotFound, Unavailable
from sophia.logs import get_logger
from sophia.ports.identity import TenantDirectory
from sophia.ports.knowledge_index import KnowledgeIndex, OnSettling
from sophia.ports.records import Records

__all__ = ["AzureKnowledgeIndex"]

_HERE = "azure-agents"
_LIMITS = StoreLimits()

_log = get_logger(__name__)


class AzureKnowledgeIndex(KnowledgeIndex):
    """Searches with an index of SOPHIA's own, and keeps at Azure what everybody in the company may read.

    A document that is gone is erased there at once; what is new or changed goes there at the end of a refresh, which
    one process carries out for the company. Nobody waits for Azure to search; the next refresh mends what an outage
    has left undone.

    Args:
        own: searches.
        stores: the service.
        directory: names a company's vector store; one that has none keeps nothing at Azure.
        records: hold what is uploaded.
        limits: what the service takes, and how long it is waited for.
    """

    def __init__(
        self,
        own: KnowledgeIndex,
        stores: VectorStores,
        directory: TenantDirectory,
        records: Records,
        limits: StoreLimits = _LIMITS,
    ) -> None:
        self._own = own
        self._stores = stores
        self._keeper = StoreKeeper(stores, limits)
        self._directory = directory
        self._records = records

    def generation(self, scope: TenantScope) -> int:
        """That of the index that searches."""
        return self._own.generation(scope)

    def apply(self, scope: TenantScope, changes: Iterable[DocumentChange], generation: int) -> bool:
        """Let the index that searches have them, and erase at Azure what is gone."""
        changes = list(changes)
        if not self._own.apply(scope, changes, generation):
            return False
        if gone := {change.document_id for change in changes if not change.chunks}:
            self._erase(scope, gone)
        return True

    def clear(self, scope: TenantScope) -> None:
        """Empty the index that searches. The vector store follows with the next refresh."""
        self._own.clear(scope)

    def search(self, scope: TenantScope, query: KnowledgeQuery) -> tuple[SearchHit, ...]:
        """Search with SOPHIA's own index."""
        return self._own.search(scope, query)

    def settle(self, scope: TenantScope, on_progress: OnSettling) -> tuple[DocumentFailure, ...]:
        """Make the company's vector store hold its documents; one that has expired is rebuilt."""

        def heard(progress: Progress) -> None:
            on_progress(f"Azure: {progress.step}", progress.done, progress.total)

        store_id = self._directory.company(scope.company_id).vector_store_id
        if store_id is None:
            return ()
        try:
            store = self._stores.provide(scope.company_id, store_id, _go_on)
            if store.id != store_id:
                _log.warning("azure.store_replaced", tenant=scope.company_id, store=store_id, stands_in=store.id)
            plan = self._keeper.plan(store, open_documents(self._records, scope), _go_on)
            report = self._keeper.carry_out(plan, texts_of(self._records, scope), _go_on, heard)
        except (Unavailable, LimitExceeded) as error:
            _log.warning("azure.store_behind", tenant=scope.company_id, store=store_id, error=str(error))
            return (DocumentFailure(_HERE, "", f"the vector store is not up to date: {error}"),)
        return self._named(scope, report)

    def _named(self, scope: TenantScope, report: Report) -> tuple[DocumentFailure, ...]:
        failures = []
        with self._records.read(scope) as tx:
            for failure in report.failures:
                try:
                    document = tx.documents.get(failure.document_id)
                except NotFound:
                    continue  # gone meanwhile
                told = f"not in the vector store at Azure: {failure.reason}"
                failures.append(DocumentFailure(document.source, document.external_id, told))
        return tuple(failures)

    def _erase(self, scope: TenantScope, gone: Collection[str]) -> None:
        store_id = self._directory.company(scope.company_id).vector_store_id
        if store_id is None:
            return
        try:
            store = self._stores.in_use(scope.company_id, store_id, _go_on)
            if store is None:
                return
            held, beside = self._stores.files_of(store.id, frozenset(), _go_on)
            for file in (*held, *beside):
                named = document_in(file.name)
                if named is not None and named[0] in gone:
                    self._stores.remove(store.id, file.id, _go_on)
        except Unavailable as error:
            _log.warning("azure.not_erased", tenant=scope.company_id, documents=len(gone), error=str(error))


def _go_on() -> None:
    """Nobody stops it: what is asked for has a deadline of its own."""
