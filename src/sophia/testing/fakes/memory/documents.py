"""The knowledge base in memory."""

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve

from sophia.domain.knowledge import (
    Chunk,
    ChunkText,
    Document,
    DocumentChange,
    DocumentFailure,
    IndexedChunk,
    Passage,
    SourceStatus,
)
from sophia.domain.limits import KnowledgeSize
from sophia.domain.paging import Page
from sophia.domain.tenancy import TenantScope
from sophia.errors import DocumentRejected, NotFound
from sophia.ports.records import KEPT_VERSIONS, Documents
from sophia.testing.fakes.memory.state import State, StoredDocument, page, require_system

__all__ = ["MemoryDocuments"]


class MemoryDocuments(Documents):
    """`Documents` in memory."""

    def __init__(self, state: State, scope: TenantScope) -> None:
        self._state = state
        self._scope = scope

    def list(self, limit: int, cursor: str | None = None, source: str | None = None) -> Page[Document]:
        items = {d.id: d for d in map(self._shown, self._readable()) if source in (None, d.source)}
        return page("documents", items, limit, cursor)

    def get(self, document_id: str) -> Document:
        return self._shown(self._stored(document_id))

    def of_source(self, source: str) -> dict[str, Document]:
        require_system(self._scope)
        return {s.document.external_id: self._shown(s) for s in self._readable() if s.document.source == source}

    def text(self, document_id: str, version: str | None = None) -> str:
        stored = self._stored(document_id)
        try:
            return dict(stored.texts)[version or stored.document.version]
        except KeyError:
            raise NotFound("document", document_id) from None

    def put(self, document: Document, text: str, chunks: Sequence[Chunk]) -> None:
        if "\0" in text:
            raise DocumentRejected("the text holds NUL characters")
        old = self._stored(document.id) if document.id in self._state.documents else None
        earlier = [kept for kept in old.texts if kept[0] != document.version] if old else []
        self._state.tombstones.pop(document.id, None)
        self._state.documents[document.id] = StoredDocument(
            evolve(document, chunks=len(chunks)),
            self._advance(),
            ((document.version, text), *earlier)[:KEPT_VERSIONS],
            tuple(chunks),
        )
        if old is not None:
            self._forget_vectors(old.digests)

    def touch(self, document: Document) -> None:
        stored = self._stored(document.id)
        generation = stored.generation
        if document.readers != stored.document.readers:
            generation = self._advance()
        listed = evolve(
            stored.document,
            uri=document.uri,
            fingerprint=document.fingerprint,
            size=document.size,
            updated_at=document.updated_at,
            readers=document.readers,
            failure=document.failure,
        )
        self._state.documents[document.id] = evolve(stored, document=listed, generation=generation)

    def remove(self, document_id: str) -> None:
        stored = self._stored(document_id)
        del self._state.documents[document_id]
        self._forget_vectors(stored.digests)
        self._state.tombstones[document_id] = self._advance()

    def missing_vectors(self, digests: Sequence[str], embedder: str) -> set[str]:
        return {digest for digest in digests if (embedder, digest) not in self._state.vectors}

    def add_vectors(self, vectors: dict[str, bytes], embedder: str) -> None:
        if not vectors:
            return
        new = self.missing_vectors(tuple(vectors), embedder)
        self._state.vectors.update({(embedder, digest): vector for digest, vector in vectors.items()})
        self._state.embedder = embedder
        for id_, stored in sorted(self._state.documents.items()):
            if not new.isdisjoint(stored.digests):
                self._state.documents[id_] = evolve(stored, generation=self._advance())

    def pending(self, embedder: str, limit: int) -> tuple[tuple[str, ChunkText], ...]:
        waiting: dict[str, ChunkText] = {}
        for _, stored in sorted(self._state.documents.items()):
            title = stored.document.title
            for chunk in stored.chunks:
                if (embedder, chunk.digest(title)) not in self._state.vectors:
                    waiting[chunk.digest(title)] = chunk.embedded_text(title)
        return tuple(waiting.items())[:limit]

    def passages(self, chunk_ids: Sequence[str]) -> tuple[Passage, ...]:
        known = {
            _chunk_id(s.document, chunk): _passage(s.document, chunk) for s in self._readable() for chunk in s.chunks
        }
        return tuple(known[id_] for id_ in chunk_ids if id_ in known)

    def generation(self) -> int:
        return self._state.generation

    def changes(self, since: int, embedder: str, limit: int) -> tuple[DocumentChange, ...]:
        require_system(self._scope)
        changed = [self._change(stored, embedder) for stored in self._state.documents.values()]
        gone = [DocumentChange(id_, generation) for id_, generation in self._state.tombstones.items()]
        newer = [change for change in changed + gone if change.generation > since]
        return tuple(sorted(newer, key=lambda change: change.generation)[:limit])

    def set_source(self, name: str, type: str, refreshed_at: datetime, failures: Sequence[DocumentFailure]) -> None:
        self._state.sources[name] = SourceStatus(name, type, 0, 0, 0, refreshed_at, tuple(failures))

    def forget_source(self, name: str) -> None:
        self._state.sources.pop(name, None)

    def sources(self) -> tuple[SourceStatus, ...]:
        documents = [self._shown(stored) for stored in self._readable()]
        names = self._state.sources.keys() | {document.source for document in documents}
        return tuple(self._status(name, [d for d in documents if d.source == name]) for name in sorted(names))

    def size(self) -> KnowledgeSize:
        require_system(self._scope)
        stored = [s.document for s in self._state.documents.values()]
        return KnowledgeSize(len(stored), sum(document.text_bytes for document in stored))

    def waiting(self) -> int:
        return sum(self._shown(stored).pending for stored in self._readable())

    def _status(self, name: str, documents: Sequence[Document]) -> SourceStatus:
        return evolve(
            self._state.sources.get(name, SourceStatus(name, "", 0, 0, 0, None)),
            documents=len(documents),
            chunks=sum(document.chunks for document in documents),
            pending=sum(document.pending for document in documents),
        )

    def _readable(self) -> Sequence[StoredDocument]:
        return [s for s in self._state.documents.values() if self._scope.may_read(s.document.readers)]

    def _stored(self, document_id: str) -> StoredDocument:
        stored = self._state.documents.get(document_id)
        if stored is None or not self._scope.may_read(stored.document.readers):
            raise NotFound("document", document_id)
        return stored

    def _shown(self, stored: StoredDocument) -> Document:
        digests = [chunk.digest(stored.document.title) for chunk in stored.chunks]
        missing = self.missing_vectors(digests, self._state.embedder)
        return evolve(stored.document, pending=sum(digest in missing for digest in digests))

    def _advance(self) -> int:
        self._state.generation += 1
        return self._state.generation

    def _forget_vectors(self, digests: frozenset[str]) -> None:
        needed = {digest for stored in self._state.documents.values() for digest in stored.digests}
        for key in [key for key in self._state.vectors if key[1] in digests - needed]:
            del self._state.vectors[key]

    def _change(self, stored: StoredDocument, embedder: str) -> DocumentChange:
        document = stored.document
        return DocumentChange(
            document_id=document.id,
            generation=stored.generation,
            title=document.title,
            language=document.language,
            readers=document.readers,
            chunks=tuple(
                IndexedChunk(
                    _chunk_id(document, chunk),
                    chunk,
                    self._state.vectors.get((embedder, chunk.digest(document.title))),
                )
                for chunk in stored.chunks
            ),
        )


def _chunk_id(document: Document, chunk: Chunk) -> str:
    return f"{document.id}@{document.version}#{chunk.ordinal}"


def _passage(document: Document, chunk: Chunk) -> Passage:
    return Passage(
        chunk_id=_chunk_id(document, chunk),
        document_id=document.id,
        document_version=document.version,
        source=document.source,
        title=document.title,
        uri=document.uri,
        language=document.language,
        heading=chunk.heading,
        start=chunk.start,
        end=chunk.end,
        text=chunk.text,
        kind=chunk.kind,
    )
