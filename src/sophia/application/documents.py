"""The knowledge base as its readers see it."""

from attrs import evolve, frozen

from sophia.application.identity import SystemIdentity
from sophia.application.sync_index import SyncIndex
from sophia.domain.audit import AuditEvent
from sophia.domain.knowledge import Document, SourceStatus
from sophia.domain.paging import Page
from sophia.domain.tenancy import Permission, TenantScope
from sophia.ports.records import Records

__all__ = ["DeleteDocument", "ListDocuments", "ListSources", "ReadDocument", "StoredDocument"]


class ListSources:
    """Where the knowledge comes from and how old it is."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __call__(self, scope: TenantScope) -> tuple[SourceStatus, ...]:
        """Every source, counting what the caller may read; failures are for those who may refresh.

        A failure names a document, which may be one that the caller is not to know of.
        """
        scope.require(Permission.CHAT)
        with self._records.read(scope) as tx:
            sources = tx.documents.sources()
        if Permission.REFRESH in scope.permissions:
            return sources
        return tuple(evolve(source, failures=()) for source in sources)


class ListDocuments:
    """What the knowledge base holds."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __call__(
        self, scope: TenantScope, limit: int, cursor: str | None = None, source: str | None = None
    ) -> Page[Document]:
        """A page of the documents that the caller may read.

        Raises:
            InvalidInput: the cursor is none that this list gave out.
        """
        scope.require(Permission.CHAT)
        with self._records.read(scope) as tx:
            return tx.documents.list(limit, cursor, source)


@frozen
class StoredDocument:
    """A document and the stored text of one of its versions, for showing a citation in place."""

    document: Document
    version: str
    text: str


class ReadDocument:
    """A document's stored text."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __call__(self, scope: TenantScope, document_id: str, version: str | None = None) -> StoredDocument:
        """The text of a version (None: the newest).

        Raises:
            NotFound: no such document or version, or not the caller's to read.
        """
        scope.require(Permission.CHAT)
        with self._records.read(scope) as tx:
            document = tx.documents.get(document_id)
            text = tx.documents.text(document_id, version)
        return StoredDocument(document, version or document.version, text)


class DeleteDocument:
    """Takes a document out of the knowledge base, until a refresh finds it in its source again."""

    def __init__(self, records: Records, system: SystemIdentity, sync: SyncIndex) -> None:
        self._records = records
        self._system = system
        self._sync = sync

    def __call__(self, scope: TenantScope, document_id: str) -> None:
        """Erase text, chunks and vectors of every version.

        Raises:
            PermissionDenied: without the permission ``documents``.
            NotFound: none, or not the caller's to read.
        """
        scope.require(Permission.DOCUMENTS)
        with self._records.write(scope) as tx:
            document = tx.documents.get(document_id)
            tx.documents.remove(document_id)
            tx.audit.append(AuditEvent("document.deleted", document_id, {"source": document.source}))
        self._sync(self._system.scope(scope.company_id, "index"))
