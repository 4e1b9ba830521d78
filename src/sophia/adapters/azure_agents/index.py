"""The knowledge index `azure`: it keeps a company's vector store equal to its documents, and SOPHIA's own search.

The service searches a vector store within an agent's run only, and has no readers, no words to the letter, no offsets
in the stored text and no order that is the same twice: ``docs/azure.md`` tells what follows from that.
"""

import time
from collections.abc import Iterable

from sophia.adapters.azure_agents.company_stores import CompanyStores
from sophia.adapters.azure_agents.errors import AGENTS
from sophia.adapters.azure_agents.store_keeper import Progress, Report
from sophia.adapters.http.transport import Check
from sophia.domain.knowledge import DocumentChange, DocumentFailure, KnowledgeQuery, SearchHit
from sophia.domain.tenancy import TenantScope
from sophia.errors import Conflict, LimitExceeded, NotFound, Unavailable
from sophia.logs import get_logger
from sophia.ports.knowledge_index import KnowledgeIndex, OnSettling
from sophia.ports.records import Records

__all__ = ["AzureKnowledgeIndex"]

_ERASING = 10.0  # seconds; somebody may wait for it, who has deleted a document

_log = get_logger(__name__)


class AzureKnowledgeIndex(KnowledgeIndex):
    """Searches with an index of SOPHIA's own, and keeps at Azure what everybody in the company may read.

    A document that is gone is erased there at once; what is new or changed goes there at the end of a refresh, which
    one process carries out for the company. Nobody waits for Azure to search; the next refresh mends what an outage
    has left undone. A company that has no vector store keeps nothing at Azure.

    Args:
        own: searches.
        stores: keep the companies' documents.
        records: tell which documents those are.
    """

    def __init__(self, own: KnowledgeIndex, stores: CompanyStores, records: Records) -> None:
        self._own = own
        self._stores = stores
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
            try:
                self._stores.erase(scope, gone, _within(_ERASING))
            except Unavailable as error:
                _log.warning("azure.not_erased", tenant=scope.company_id, documents=len(gone), error=str(error))
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

        try:
            compared = self._stores.compare(scope)
            if compared is None:
                return ()
            report = self._stores.keep(scope, compared, heard)
        except Conflict:
            return ()  # none of its sources was ever read, which the refresh tells
        except (Unavailable, LimitExceeded) as error:
            _log.warning("azure.store_behind", tenant=scope.company_id, error=str(error))
            return (DocumentFailure(AGENTS, "", f"the vector store is not up to date: {error}"),)
        if report.store.id != compared.store_id:
            tenant, store = scope.company_id, compared.store_id
            _log.warning("azure.store_replaced", tenant=tenant, store=store, stands_in=report.store.id)
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


def _within(seconds: float) -> Check:
    until = time.monotonic() + seconds

    def check() -> None:
        if time.monotonic() >= until:
            raise Unavailable(AGENTS, f"has not erased it within {seconds:g} s")

    return check
