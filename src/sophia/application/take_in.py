"""Taking documents in: fetched, converted, cut, and stored."""

import hashlib
from collections.abc import Mapping, Sequence

from attrs import evolve, frozen

from sophia.application.embed_documents import EmbedDocuments
from sophia.application.refresh_work import RefreshWork
from sophia.domain.chunking import CHUNKER_VERSION, chunk
from sophia.domain.knowledge import (
    Chunk,
    ChunkText,
    Document,
    DocumentFailure,
    DocumentListing,
    document_id,
    text_version,
)
from sophia.domain.language import detect_language
from sophia.errors import DocumentRejected, LimitExceeded, NotFound, Unavailable
from sophia.ports.documents import DocumentConverter, DocumentSource
from sophia.ports.identity import TenantDirectory
from sophia.ports.records import Records
from sophia.ports.system import Clock

__all__ = ["TakeIn"]


@frozen
class _Taken:
    """A document read, converted and cut, ready to be stored."""

    document: Document
    text: str
    chunks: tuple[Chunk, ...]

    @property
    def texts(self) -> dict[str, ChunkText]:
        """What is embedded of it, by digest."""
        title = self.document.title
        return {chunk.digest(title): chunk.embedded_text(title) for chunk in self.chunks}


class TakeIn:
    """Brings documents of a source up to date.

    A document that is new is found by its words at once and by its meaning when its vectors are made.
    One that changed is embedded first and then replaced in one transaction.
    """

    def __init__(
        self,
        records: Records,
        directory: TenantDirectory,
        converter: DocumentConverter,
        embed: EmbedDocuments,
        clock: Clock,
    ) -> None:
        self._records = records
        self._directory = directory
        self._converter = converter
        self._embed = embed
        self._clock = clock

    def __call__(
        self,
        work: RefreshWork,
        source: DocumentSource,
        listings: Sequence[DocumentListing],
        known: Mapping[str, Document],
        refused: Mapping[str, DocumentFailure],
    ) -> tuple[list[DocumentFailure], dict[str, DocumentFailure]]:
        """Bring documents up to date.

        Args:
            work: the refresh that this is part of.
            source: of the documents.
            listings: what it says of each.
            known: the documents of the source that are stored, by external id.
            refused: those that could not be taken in before, by external id; as long as they stay as they are, and so
                does what converts them, they are not tried again.

        Returns:
            What went wrong, and, by external id, what there is no room for.
        """
        failures: list[DocumentFailure] = []
        full: dict[str, DocumentFailure] = {}
        for listing in listings:
            id_ = listing.external_id
            try:
                failure = self._one(work, source, listing, known.get(id_), refused.get(id_))
            except LimitExceeded as error:
                # Without its fingerprint: there may be room for the same content another time.
                full[id_] = DocumentFailure(source.name, id_, str(error))
                continue
            if failure is not None:
                failures.append(failure)
            work.show(documents=work.progress.documents + 1, current=id_)
        return failures, full

    def _one(
        self,
        work: RefreshWork,
        source: DocumentSource,
        listing: DocumentListing,
        known: Document | None,
        refused: DocumentFailure | None,
    ) -> DocumentFailure | None:
        """Bring one document up to date; what went wrong with it, if anything.

        Raises:
            LimitExceeded: there is no room for it.
        """
        fingerprint = self._fingerprint(listing)
        if refused is not None and refused.fingerprint == fingerprint and not work.options.force:
            return refused
        if known is not None and known.fingerprint == fingerprint and not work.options.force:
            if (known.readers, known.failure) != (listing.readers, None) and not work.options.dry_run:
                with self._records.write(work.scope) as tx:
                    tx.documents.touch(evolve(known, readers=listing.readers, failure=None))
            work.count(unchanged=1)
            return None
        if known is None:
            work.grown(1, 0)  # or it would be converted for nothing
        try:
            taken = self._read(work, source, listing, fingerprint)
        except DocumentRejected as error:
            return DocumentFailure(source.name, listing.external_id, str(error), fingerprint)
        except (NotFound, Unavailable) as error:
            return DocumentFailure(source.name, listing.external_id, str(error))
        more, before = (1, 0) if known is None else (0, known.text_bytes)
        size = work.grown(more, taken.document.text_bytes - before)
        work.count(**{"added" if known is None else "updated": 1})
        if work.options.dry_run:
            self._embed.estimate(work, taken.texts)
        elif known is None:
            self._store(work, taken, {})
        else:
            try:
                self._store(work, taken, self._embed.document(work, taken.texts))
            except Unavailable as error:
                work.count(updated=-1)
                return DocumentFailure(source.name, listing.external_id, str(error))
        work.size = size
        return None

    def _read(self, work: RefreshWork, source: DocumentSource, listing: DocumentListing, fingerprint: str) -> _Taken:
        company = self._directory.company(work.scope.company_id)
        company.require_active()  # before it costs anything
        raw = source.fetch(listing.external_id)
        converted = self._converter.convert(raw)
        chunks = chunk(converted.text)
        if not chunks:
            raise DocumentRejected("it holds no text but headings")
        document = Document(
            id=document_id(company.id, source.name, listing.external_id),
            source=source.name,
            external_id=listing.external_id,
            title=converted.title,
            uri=raw.uri,
            language=detect_language(converted.text, company.language),
            version=text_version(converted.text),
            fingerprint=fingerprint,
            size=len(raw.content),
            chunks=len(chunks),
            updated_at=self._clock.now(),
            readers=listing.readers,
            text_bytes=len(converted.text.encode()),
        )
        return _Taken(document, converted.text, chunks)

    def _store(self, work: RefreshWork, taken: _Taken, vectors: dict[str, bytes]) -> None:
        with self._records.write(work.scope) as tx:
            if vectors:
                tx.documents.add_vectors(vectors, self._embed.version)
            tx.documents.put(taken.document, taken.text, taken.chunks)

    def _fingerprint(self, listing: DocumentListing) -> str:
        parts = "\0".join((listing.fingerprint, self._converter.version, CHUNKER_VERSION))
        return hashlib.sha256(parts.encode()).hexdigest()
