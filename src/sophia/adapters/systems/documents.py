"""What a system tells, as documents of the knowledge base."""

import hashlib
from collections.abc import Callable, Iterable

from attrs import field, frozen

from sophia.adapters.systems.client import Budget
from sophia.adapters.systems.source import Place
from sophia.domain.knowledge import DocumentListing, RawDocument
from sophia.domain.lookups import System
from sophia.errors import NotFound
from sophia.ports.documents import DocumentSource

__all__ = ["Page", "SystemDocuments"]

_SECONDS = 120.0


@frozen
class Page:
    """One document: its text is Markdown that begins with its title."""

    external_id: str
    text: str = field(repr=False)
    uri: str

    @property
    def fingerprint(self) -> str:
        """Changes with the text and the link."""
        return hashlib.sha256(f"{self.uri}\n{self.text}".encode()).hexdigest()


class SystemDocuments(DocumentSource):
    """The documents that a system yields. What was listed is what is fetched.

    Args:
        place: where the system is; its readers find the documents.
        system: what kind it is.
        pages: reads all documents anew; raises `Unavailable` where the system does not answer.
    """

    def __init__(self, place: Place, system: System, pages: Callable[[Budget], Iterable[Page]]) -> None:
        self._place = place
        self._system = system
        self._pages = pages
        self._listed: dict[str, Page] = {}

    @property
    def name(self) -> str:
        """See `DocumentSource`."""
        return self._place.name

    @property
    def type(self) -> str:
        """See `DocumentSource`."""
        return str(self._system)

    def list(self) -> Iterable[DocumentListing]:
        """See `DocumentSource`."""
        self._listed = {page.external_id: page for page in self._pages(Budget(self.name, _SECONDS, _go_on))}
        return [
            DocumentListing(page.external_id, page.fingerprint, len(page.text.encode()), self._place.readers)
            for page in self._listed.values()
        ]

    def fetch(self, external_id: str) -> RawDocument:
        """See `DocumentSource`."""
        page = self._listed.get(external_id)
        if page is None:
            self.list()
            page = self._listed.get(external_id)
        if page is None:
            raise NotFound("document", external_id)
        return RawDocument(external_id, "page.md", page.text.encode(), page.uri)


def _go_on() -> None:
    """A refresh goes on."""
