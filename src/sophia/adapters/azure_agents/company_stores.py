"""Companies' vector stores, kept equal to their documents: who they are told by the directory and the records."""

from collections.abc import Collection

from attrs import evolve, frozen

from sophia.adapters.azure_agents.documents import open_documents, texts_of
from sophia.adapters.azure_agents.keeper import unhurried
from sophia.adapters.azure_agents.store_keeper import OnProgress, Report, StoreKeeper, StoreLimits
from sophia.adapters.azure_agents.store_plan import Plan
from sophia.adapters.azure_agents.translate import document_in
from sophia.adapters.azure_agents.vector_stores import VectorStores
from sophia.adapters.http.transport import Check
from sophia.domain.audit import AuditEvent
from sophia.domain.tenancy import TenantScope
from sophia.errors import Conflict, NotFound
from sophia.ports.identity import TenantDirectory
from sophia.ports.records import Records

__all__ = ["CompanyStores", "Compared"]

_LIMITS = StoreLimits()


@frozen
class Compared:
    """A company's vector store beside the company's documents.

    Attributes:
        store_id: as the directory has it.
        plan: what there is to do; None where the store has expired or is gone, and nothing stands in for it.
    """

    store_id: str
    plan: Plan | None

    @property
    def is_as_it_should_be(self) -> bool:
        """Whether there is nothing to do that could be done, and nothing that the store has refused."""
        return self.plan is not None and self.plan.is_empty and not self.plan.failures


class CompanyStores:
    """Looks at companies' vector stores, and brings them up to what is known of the companies' documents.

    Args:
        stores: of the project.
        directory: names the store of a company.
        records: hold the documents, and that a store was changed.
        limits: what the service takes, and how long it is waited for.
    """

    def __init__(
        self, stores: VectorStores, directory: TenantDirectory, records: Records, limits: StoreLimits = _LIMITS
    ) -> None:
        self._stores = stores
        self._keeper = StoreKeeper(stores, limits)
        self._directory = directory
        self._records = records

    def compare(self, scope: TenantScope, *, retry: bool = False) -> Compared | None:
        """How the company's store differs from its documents; None where the directory names no store for it.

        Args:
            scope: of SOPHIA's own work for the company.
            retry: also plan to try again what the store has refused for good.

        Raises:
            Conflict: the company's documents were never read: nothing can be told of what is to be in the store.
            Unavailable: the store is another company's, or the service does not answer as it should.
        """
        store_id = self._directory.company(scope.company_id).vector_store_id
        if store_id is None:
            return None
        wanted = self._documents(scope)
        store = self._stores.in_use(scope.company_id, store_id, unhurried)
        if store is None:
            return Compared(store_id, None)
        return Compared(store_id, self._keeper.plan(store, wanted, unhurried, retry=retry))

    def keep(self, scope: TenantScope, compared: Compared, on_progress: OnProgress = lambda _: None) -> Report:
        """Make the store what it is to be; one that has expired or is gone is stood in for by a new one.

        Raises:
            LimitExceeded: there are more documents than a store takes.
            Unavailable: the service does not answer as it should. What was done is done; the next call does the rest.
        """
        plan = compared.plan
        if plan is None or (plan.store.company_id is None and not plan.is_empty):
            store = self._stores.provide(scope.company_id, compared.store_id, unhurried)
            plan = evolve(plan, store=store) if plan else self._keeper.plan(store, self._documents(scope), unhurried)
        report = self._keeper.carry_out(plan, texts_of(self._records, scope), unhurried, on_progress)
        if not plan.is_empty:
            done = {"uploaded": report.uploaded, "indexed": report.indexed, "removed": report.removed}
            with self._records.write(scope) as tx:
                tx.audit.append(AuditEvent("store.changed", plan.store.id, {**done, "failed": len(report.failures)}))
        return report

    def erase(self, scope: TenantScope, document_ids: Collection[str], check: Check) -> None:
        """Erase what the company's store holds of these documents, and the files; what is not there is erased.

        Raises:
            Unavailable: the service does not answer as it should.
        """
        store_id = self._directory.company(scope.company_id).vector_store_id
        store = self._stores.in_use(scope.company_id, store_id, check) if store_id else None
        if store is None:
            return
        held, beside = self._stores.files_of(store.id, None, check)  # a file may have been uploaded and never taken in
        for file in (*held, *beside):
            named = document_in(file.name)
            if named is not None and named[0] in document_ids:
                self._stores.remove(store.id, file.id, check)

    def provide(self, scope: TenantScope) -> str:
        """The id of the company's store: the one in use, else a new and empty one.

        Raises:
            Unavailable: the service does not answer as it should; what was made is found by the next call.
        """
        named = self._directory.company(scope.company_id).vector_store_id
        return self._stores.provide(scope.company_id, named, unhurried).id

    def name_of(self, scope: TenantScope, document_id: str) -> str:
        """How people know a document: its source and its name there."""
        try:
            with self._records.read(scope) as tx:
                document = tx.documents.get(document_id)
        except NotFound:
            return document_id
        return f"{document.source}/{document.external_id}"

    def _documents(self, scope: TenantScope) -> dict[str, str]:
        with self._records.read(scope) as tx:
            was_read = any(source.refreshed_at is not None for source in tx.documents.sources())
        if not was_read:
            # All that is in the store would be taken out.
            told = f"the documents of the company {scope.company_id!r} were never read"
            raise Conflict(f"{told}: `sophia refresh --company {scope.company_id}` reads them")
        return open_documents(self._records, scope)
