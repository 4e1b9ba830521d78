"""Documents in memory, and a converter that needs no library."""

import hashlib
from collections.abc import Iterable
from pathlib import PurePosixPath

from sophia.domain.knowledge import DocumentFailure, DocumentListing, DocumentText, RawDocument
from sophia.domain.markdown import first_heading
from sophia.domain.tenancy import EVERYONE
from sophia.errors import DocumentRejected, NotFound, Unavailable
from sophia.ports.documents import DocumentConverter, DocumentSource

__all__ = ["MemorySource", "PlainTextConverter"]


class MemorySource(DocumentSource):
    """A source whose documents a test sets.

    Attributes:
        documents: external id to content; change it as you like.
        failures: external id to the reason why the document cannot be taken.
        readers: who may find the documents.
        outage: what does not work; while it is set, every call raises `Unavailable`.
        fetched: the external ids that were fetched, in order.
    """

    def __init__(self, name: str = "memory", documents: dict[str, str | bytes] | None = None) -> None:
        self._name = name
        self.documents: dict[str, str | bytes] = dict(documents or {})
        self.failures: dict[str, str] = {}
        self.readers = frozenset({EVERYONE})
        self.outage: str | None = None
        self.fetched: list[str] = []

    @property
    def name(self) -> str:
        return self._name

    @property
    def type(self) -> str:
        return "memory"

    def list(self) -> Iterable[DocumentListing | DocumentFailure]:
        self._check()
        for external_id in sorted(self.documents.keys() | self.failures.keys()):
            if reason := self.failures.get(external_id):
                yield DocumentFailure(self._name, external_id, reason)
            else:
                content = self._content(external_id)
                digest = hashlib.sha256(content).hexdigest()
                yield DocumentListing(external_id, f"sha256:{digest}", len(content), self.readers)

    def fetch(self, external_id: str) -> RawDocument:
        self._check()
        if reason := self.failures.get(external_id):
            raise DocumentRejected(reason)
        if external_id not in self.documents:
            raise NotFound("document", external_id)
        self.fetched.append(external_id)
        name = PurePosixPath(external_id).name
        return RawDocument(external_id, name, self._content(external_id), f"memory://{self._name}/{external_id}")

    def _content(self, external_id: str) -> bytes:
        content = self.documents[external_id]
        return content.encode() if isinstance(content, str) else content

    def _check(self) -> None:
        if self.outage:
            raise Unavailable(f"source {self._name!r}", self.outage)


class PlainTextConverter(DocumentConverter):
    """Takes UTF-8 text as it is.

    Attributes:
        converted: the external ids that were converted, in order.
    """

    def __init__(self, version: str = "plain/1") -> None:
        self._version = version
        self.converted: list[str] = []

    @property
    def version(self) -> str:
        return self._version

    def convert(self, document: RawDocument) -> DocumentText:
        self.converted.append(document.external_id)
        try:
            text = document.content.decode()
        except UnicodeDecodeError as exc:
            raise DocumentRejected("it is no UTF-8 text") from exc
        if "\0" in text:
            raise DocumentRejected("it is binary data")
        if not text.strip():
            raise DocumentRejected("it is empty")
        return DocumentText(first_heading(text) or document.name, text)
