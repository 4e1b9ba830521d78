"""What of a company's documents a vector store holds."""

from collections.abc import Callable

from sophia.domain.tenancy import EVERYONE, TenantScope
from sophia.errors import NotFound
from sophia.ports.records import Records

__all__ = ["open_documents", "texts_of"]

_PAGE = 500


def open_documents(records: Records, scope: TenantScope) -> dict[str, str]:
    """The documents that everybody in the company may read, by id, with their version.

    A vector store knows no readers: whoever asks an agent that searches it is answered from all that it holds. What is
    for some people only is therefore left out of it.

    Args:
        records: the system of record.
        scope: SOPHIA's own, for the company.
    """
    found: dict[str, str] = {}
    cursor = None
    with records.read(scope) as tx:
        while True:
            page = tx.documents.list(_PAGE, cursor)
            found |= {document.id: document.version for document in page.items if EVERYONE in document.readers}
            if (cursor := page.next) is None:
                return found


def texts_of(records: Records, scope: TenantScope) -> Callable[[str, str], str | None]:
    """What gives the stored text of a version of a document; None where it is not there any more."""

    def text_of(document_id: str, version: str) -> str | None:
        try:
            with records.read(scope) as tx:
                return tx.documents.text(document_id, version)
        except NotFound:
            return None

    return text_of
