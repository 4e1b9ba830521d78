"""Where documents come from, and how their bytes become text."""

from collections.abc import Iterable
from typing import Protocol

from sophia.domain.knowledge import DocumentFailure, DocumentListing, DocumentText, RawDocument

__all__ = ["DocumentConverter", "DocumentSource"]


class DocumentSource(Protocol):
    """The documents of one source of one company, each under a stable id."""

    @property
    def name(self) -> str:
        """The source's name within its company."""
        ...

    @property
    def type(self) -> str:
        """What kind of source it is (``folder``, …)."""
        ...

    def list(self) -> Iterable[DocumentListing | DocumentFailure]:
        """What is there now; what cannot be taken is named with the reason, and does not hide the rest.

        Raises:
            Unavailable: the source does not answer; nothing may be concluded about its documents.
        """
        ...

    def fetch(self, external_id: str) -> RawDocument:
        """The content of a listed document.

        Raises:
            NotFound: it is gone since it was listed.
            DocumentRejected: it is there but cannot be taken.
            Unavailable: the source does not answer.
        """
        ...


class DocumentConverter(Protocol):
    """Turns the bytes of a document into Markdown text."""

    @property
    def version(self) -> str:
        """Changes whenever the same bytes may give another text."""
        ...

    def convert(self, document: RawDocument) -> DocumentText:
        """The document as text, never empty.

        Raises:
            DocumentRejected: it is of no known kind, broken, empty or over a limit; the reason says which.
        """
        ...
