"""The knowledge base: documents, stored texts, chunks and vectors."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Row,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    tuple_,
    update,
)

from sophia.adapters.sql.tables import (
    chunks,
    companies,
    document_readers,
    document_texts,
    documents,
    embeddings,
    is_waiting,
    sources,
    tombstones,
)
from sophia.adapters.sql.translate import failures_from_json, failures_to_json
from sophia.adapters.sql.unit import Unit, batches, from_cursor, number_in, require_system, to_cursor
from sophia.domain.knowledge import (
    Chunk,
    ChunkKind,
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
from sophia.errors import DocumentRejected, NotFound
from sophia.ports.records import KEPT_VERSIONS, Documents

__all__ = ["SqlDocuments"]

_of_company = documents.c.company_id == bindparam("company")
_this = and_(_of_company, documents.c.id == bindparam("document"))
_readable = or_(
    bindparam("everyone", type_=Boolean),
    exists().where(
        and_(
            document_readers.c.company_id == documents.c.company_id,
            document_readers.c.document_id == documents.c.id,
            document_readers.c.reader.in_(bindparam("readers", expanding=True)),
        )
    ),
)
_current_text = and_(
    document_texts.c.company_id == documents.c.company_id,
    document_texts.c.document_id == documents.c.id,
    document_texts.c.version == documents.c.version,
)
_chunks_of_document = and_(chunks.c.company_id == documents.c.company_id, chunks.c.document_id == documents.c.id)
_vector_of_chunk = and_(
    embeddings.c.company_id == chunks.c.company_id,
    embeddings.c.digest == chunks.c.digest,
    embeddings.c.embedder == bindparam("by"),
)

_STORED = select(documents).where(_this)
_DOCUMENT = select(documents).where(_this, _readable)
_DOCUMENTS = {
    (begun, narrowed): select(documents)
    .where(_of_company, _readable, *where, *source)
    .order_by(documents.c.id)
    .limit(bindparam("count"))
    for begun, where in ((False, ()), (True, (documents.c.id > bindparam("after"),)))
    for narrowed, source in ((False, ()), (True, (documents.c.source == bindparam("from_source"),)))
}
_OF_SOURCE = select(documents).where(_of_company, documents.c.source == bindparam("from_source"))
_TEXT = (
    select(document_texts.c.text)
    .join(
        documents,
        and_(documents.c.company_id == document_texts.c.company_id, documents.c.id == document_texts.c.document_id),
    )
    .where(_this, _readable)
)
_TEXT_NOW = _TEXT.where(document_texts.c.version == documents.c.version)
_TEXT_THEN = _TEXT.where(document_texts.c.version == bindparam("of_version"))
_TEXTS_NOW = (
    select(documents.c.id, document_texts.c.text)
    .join(document_texts, _current_text)
    .where(_of_company, documents.c.id.in_(bindparam("ids", expanding=True)))
)

_GENERATION = select(companies.c.generation, companies.c.embedder).where(companies.c.company_id == bindparam("company"))
_ADVANCE = (
    update(companies)
    .where(companies.c.company_id == bindparam("company"))
    .values(generation=companies.c.generation + bindparam("by"))
    .returning(companies.c.generation)
)
_INSERT_COMPANY = insert(companies)
_SET_EMBEDDER = update(companies).where(companies.c.company_id == bindparam("company")).values(embedder=bindparam("by"))

_INSERT_DOCUMENT = insert(documents)
_INSERT_READER = insert(document_readers)
_INSERT_TEXT = insert(document_texts)
_INSERT_CHUNK = insert(chunks)
_INSERT_TOMBSTONE = insert(tombstones)
_INSERT_VECTOR = insert(embeddings)
_INSERT_SOURCE = insert(sources)
_REPLACE_DOCUMENT = (
    update(documents)
    .where(_this)
    .values(
        {
            column: bindparam(f"new_{column.name}", type_=column.type)
            for column in documents.c
            if column.name not in ("company_id", "id")
        }
    )
)
_LISTED = ("uri", "fingerprint", "size", "updated_at", "readers", "failure", "generation")
_TOUCH = (
    update(documents)
    .where(_this)
    .values({documents.c[name]: bindparam(f"new_{name}", type_=documents.c[name].type) for name in _LISTED})
)
_DELETE_DOCUMENT = delete(documents).where(_this)
_DELETE_READERS = delete(document_readers).where(
    document_readers.c.company_id == bindparam("company"), document_readers.c.document_id == bindparam("document")
)
_DELETE_CHUNKS = delete(chunks).where(
    chunks.c.company_id == bindparam("company"), chunks.c.document_id == bindparam("document")
)
_DELETE_TOMBSTONE = delete(tombstones).where(
    tombstones.c.company_id == bindparam("company"), tombstones.c.document_id == bindparam("document")
)
_texts_of_document = and_(
    document_texts.c.company_id == bindparam("company"), document_texts.c.document_id == bindparam("document")
)
_DELETE_TEXT = delete(document_texts).where(_texts_of_document, document_texts.c.version == bindparam("of_version"))
_VERSIONS = select(document_texts.c.version).where(_texts_of_document).order_by(document_texts.c.generation.desc())
_DELETE_SOURCE = delete(sources).where(
    sources.c.company_id == bindparam("company"), sources.c.name == bindparam("called")
)

_DIGESTS = select(chunks.c.digest).where(
    chunks.c.company_id == bindparam("company"), chunks.c.document_id == bindparam("document")
)
_known = and_(
    embeddings.c.company_id == bindparam("company"),
    embeddings.c.embedder == bindparam("by"),
    embeddings.c.digest.in_(bindparam("digests", expanding=True)),
)
_KNOWN = select(embeddings.c.digest).where(_known)
_DELETE_KNOWN = delete(embeddings).where(_known)
_DELETE_UNUSED = delete(embeddings).where(
    embeddings.c.company_id == bindparam("company"),
    embeddings.c.digest.in_(bindparam("digests", expanding=True)),
    not_(exists().where(and_(chunks.c.company_id == embeddings.c.company_id, chunks.c.digest == embeddings.c.digest))),
)
_WAITING = select(chunks.c.document_id).where(
    chunks.c.company_id == bindparam("company"), chunks.c.digest.in_(bindparam("digests", expanding=True))
)
_pending = (
    select(func.count())
    .select_from(chunks)
    .where(_chunks_of_document, not_(exists().where(_vector_of_chunk)))
    .scalar_subquery()
)
_COUNT_PENDING = update(documents).where(_this).values(pending=_pending)
_COUNT_ALL_PENDING = update(documents).where(_of_company).values(pending=_pending)
_SET_GENERATION = update(documents).where(_this).values(generation=bindparam("at"))
_TO_EMBED = (
    select(documents.c.title, *chunks.c)
    .join(chunks, _chunks_of_document)
    .where(
        _of_company,
        or_(documents.c.pending > 0, bindparam("uncounted", type_=Boolean)),
        not_(exists().where(_vector_of_chunk)),
    )
    .order_by(chunks.c.document_id, chunks.c.ordinal)
    .limit(bindparam("count"))
)

_PASSAGES = (
    select(
        documents.c.id,
        documents.c.version,
        documents.c.source,
        documents.c.title,
        documents.c.uri,
        documents.c.language,
        chunks.c.ordinal,
        chunks.c.heading,
        chunks.c.start_offset,
        chunks.c.end_offset,
        chunks.c.kind,
        func.substr(
            document_texts.c.text, chunks.c.start_offset + 1, chunks.c.end_offset - chunks.c.start_offset
        ).label("text"),
    )
    .join(chunks, _chunks_of_document)
    .join(document_texts, _current_text)
    .where(
        _of_company,
        _readable,
        # By pairs alone SQLite walks all chunks of the company; by their parts alone it reads up to n² of them.
        documents.c.id.in_(bindparam("ids", expanding=True)),
        chunks.c.ordinal.in_(bindparam("ordinals", expanding=True)),
        tuple_(chunks.c.document_id, chunks.c.ordinal).in_(bindparam("places", expanding=True)),
    )
)
_CHANGED = (
    select(documents.c.id, documents.c.generation, documents.c.version)
    .add_columns(documents.c.title, documents.c.language, documents.c.readers)
    .where(_of_company, documents.c.generation > bindparam("since"))
    .order_by(documents.c.generation)
    .limit(bindparam("count"))
)
_GONE = (
    select(tombstones.c.document_id, tombstones.c.generation)
    .where(tombstones.c.company_id == bindparam("company"), tombstones.c.generation > bindparam("since"))
    .order_by(tombstones.c.generation)
    .limit(bindparam("count"))
)
_CHUNKS_WITH_VECTORS = (
    select(*chunks.c, embeddings.c.vector)
    .outerjoin(embeddings, _vector_of_chunk)
    .where(chunks.c.company_id == bindparam("company"), chunks.c.document_id.in_(bindparam("ids", expanding=True)))
    .order_by(chunks.c.document_id, chunks.c.ordinal)
)
_SOURCES = select(sources).where(sources.c.company_id == bindparam("company"))
_COUNTS = (
    select(
        documents.c.source,
        func.count().label("documents"),
        func.sum(documents.c.chunks).label("chunks"),
        func.sum(documents.c.pending).label("pending"),
    )
    .where(_of_company, _readable)
    .group_by(documents.c.source)
)
_SIZE = select(
    func.count().label("documents"), func.coalesce(func.sum(documents.c.text_bytes), 0).label("bytes")
).where(_of_company)
_ANY_PENDING = select(documents.c.id).where(_of_company, is_waiting).limit(1)
_PENDING_CHUNKS = select(func.coalesce(func.sum(documents.c.pending), 0).label("chunks")).where(
    _of_company, is_waiting, _readable
)


class SqlDocuments(Documents):
    """The knowledge base in SQL. A chunk is a stretch of the stored text; its words are kept there only."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def list(self, limit: int, cursor: str | None = None, source: str | None = None) -> Page[Document]:
        """See `Documents`."""
        values = self._for_reader(count=limit + 1)
        if cursor is not None:
            values["after"] = from_cursor("documents", cursor)
        if source is not None:
            values["from_source"] = source
        rows = self._unit.rows(_DOCUMENTS[cursor is not None, source is not None], values)
        items = tuple(map(_document, rows[:limit]))
        return Page(items, to_cursor("documents", items[-1].id) if len(rows) > limit else None)

    def get(self, document_id: str) -> Document:
        """See `Documents`."""
        row = self._unit.first(_DOCUMENT, self._for_reader(document=document_id))
        if row is None:
            raise NotFound("document", document_id)
        return _document(row)

    def of_source(self, source: str) -> dict[str, Document]:
        """See `Documents`."""
        require_system(self._unit.scope)
        rows = self._unit.rows(_OF_SOURCE, self._unit.of_company(from_source=source))
        return {row.external_id: _document(row) for row in rows}

    def text(self, document_id: str, version: str | None = None) -> str:
        """See `Documents`."""
        values = self._for_reader(document=document_id)
        if version is None:
            row = self._unit.first(_TEXT_NOW, values)
        else:
            row = self._unit.first(_TEXT_THEN, {**values, "of_version": version})
        if row is None:
            raise NotFound("document", document_id)
        text: str = row.text
        return text

    def put(self, document: Document, text: str, chunks: Sequence[Chunk]) -> None:
        """See `Documents`."""
        if "\0" in text:
            raise DocumentRejected("the text holds NUL characters")
        stored = self._stored(document.id)
        generation = self._advance(1)
        here = self._unit.of_company(document=document.id)
        row = _listing(document) | {"chunks": len(chunks), "pending": 0, "generation": generation}
        row["text_bytes"] = document.text_bytes
        dropped: set[str] = set()
        if stored is None:
            self._unit.change(_DELETE_TOMBSTONE, here)
            self._unit.change(_INSERT_DOCUMENT, {"company_id": here["company"], "id": document.id, **row})
        else:
            dropped = {old.digest for old in self._unit.rows(_DIGESTS, here)}
            self._unit.change(_REPLACE_DOCUMENT, here | {f"new_{name}": value for name, value in row.items()})
            self._unit.change(_DELETE_CHUNKS, here)
        self._set_readers(document)
        self._keep_text(document, text, generation)
        added = [self._chunk_row(document, chunk) for chunk in chunks]
        self._unit.change_all(_INSERT_CHUNK, added)
        self._forget_vectors(dropped.difference(chunk["digest"] for chunk in added))
        self._unit.change(_COUNT_PENDING, here | {"by": self._embedder()})

    def touch(self, document: Document) -> None:
        """See `Documents`."""
        stored = self._stored(document.id)
        if stored is None:
            raise NotFound("document", document.id)
        row = _listing(document) | {"generation": stored.generation}
        if frozenset(stored.readers) != document.readers:
            row["generation"] = self._advance(1)
            self._set_readers(document)
        values = {f"new_{name}": row[name] for name in _LISTED}
        self._unit.change(_TOUCH, self._unit.of_company(document=document.id, **values))

    def remove(self, document_id: str) -> None:
        """See `Documents`."""
        if self._stored(document_id) is None:
            raise NotFound("document", document_id)
        here = self._unit.of_company(document=document_id)
        dropped = {row.digest for row in self._unit.rows(_DIGESTS, here)}
        self._unit.change(_DELETE_DOCUMENT, here)
        self._forget_vectors(dropped)
        self._unit.change(
            _INSERT_TOMBSTONE,
            {"company_id": here["company"], "document_id": document_id, "generation": self._advance(1)},
        )

    def missing_vectors(self, digests: Sequence[str], embedder: str) -> set[str]:
        """See `Documents`."""
        known = {
            row.digest
            for part in batches(digests)
            for row in self._unit.rows(_KNOWN, self._unit.of_company(by=embedder, digests=part))
        }
        return set(digests) - known

    def add_vectors(self, vectors: dict[str, bytes], embedder: str) -> None:
        """See `Documents`."""
        if not vectors:
            return
        company = self._unit.scope.company_id
        new = sorted(self.missing_vectors(tuple(vectors), embedder))
        for part in batches(sorted(vectors.keys() - set(new))):
            self._unit.change(_DELETE_KNOWN, self._unit.of_company(by=embedder, digests=part))
        self._unit.change_all(
            _INSERT_VECTOR,
            [{"company_id": company, "digest": d, "embedder": embedder, "vector": v} for d, v in vectors.items()],
        )
        waited = sorted(
            {
                row.document_id
                for part in batches(new)
                for row in self._unit.rows(_WAITING, self._unit.of_company(digests=part))
            }
        )
        # A generation each, so that `changes` can be cut anywhere.
        first = self._advance(len(waited)) - len(waited) + 1
        self._unit.change_all(
            _SET_GENERATION,
            [self._unit.of_company(document=id_, at=generation) for generation, id_ in enumerate(waited, first)],
        )
        if self._embedder() == embedder:
            self._unit.change_all(_COUNT_PENDING, [self._unit.of_company(document=id_, by=embedder) for id_ in waited])
        else:
            self._unit.change(_SET_EMBEDDER, self._unit.of_company(by=embedder))
            self._unit.change(_COUNT_ALL_PENDING, self._unit.of_company(by=embedder))

    def pending(self, embedder: str, limit: int) -> tuple[tuple[str, ChunkText], ...]:
        """See `Documents`."""
        uncounted = self._embedder() != embedder
        rows = self._unit.rows(_TO_EMBED, self._unit.of_company(by=embedder, uncounted=uncounted, count=limit))
        texts = _texts(self._unit, {row.document_id for row in rows})
        waiting = {row.digest: _chunk(row, texts).embedded_text(row.title) for row in rows}
        return tuple(waiting.items())

    def passages(self, chunk_ids: Sequence[str]) -> tuple[Passage, ...]:
        """See `Documents`."""
        wanted = [place for place in map(_place, chunk_ids) if place is not None]
        if not wanted:
            return ()
        found: dict[str, Passage] = {}
        for part in batches(wanted):
            ids, ordinals = sorted({place[0] for place in part}), sorted({place[1] for place in part})
            for row in self._unit.rows(_PASSAGES, self._for_reader(ids=ids, ordinals=ordinals, places=part)):
                passage = _passage(row)
                found[passage.chunk_id] = passage
        return tuple(found[id_] for id_ in chunk_ids if id_ in found)

    def generation(self) -> int:
        """See `Documents`."""
        row = self._unit.first(_GENERATION, self._unit.of_company())
        return 0 if row is None else int(row.generation)

    def changes(self, since: int, embedder: str, limit: int) -> tuple[DocumentChange, ...]:
        """See `Documents`."""
        require_system(self._unit.scope)
        values = self._unit.of_company(since=since, count=limit)
        gone = [DocumentChange(row.document_id, row.generation) for row in self._unit.rows(_GONE, values)]
        changed = self._unit.rows(_CHANGED, values)
        kept = sorted([(c.generation, c.document_id) for c in gone] + [(r.generation, r.id) for r in changed])[:limit]
        ids = {id_ for _, id_ in kept}
        return tuple(
            sorted(
                [c for c in gone if c.document_id in ids]
                + _with_chunks(self._unit, [row for row in changed if row.id in ids], embedder),
                key=lambda change: change.generation,
            )
        )

    def set_source(self, name: str, type: str, refreshed_at: datetime, failures: Sequence[DocumentFailure]) -> None:
        """See `Documents`."""
        self.forget_source(name)
        self._unit.change(
            _INSERT_SOURCE,
            {
                "company_id": self._unit.scope.company_id,
                "name": name,
                "type": type,
                "refreshed_at": refreshed_at,
                "failures": failures_to_json(tuple(failures)),
            },
        )

    def forget_source(self, name: str) -> None:
        """See `Documents`."""
        self._unit.change(_DELETE_SOURCE, self._unit.of_company(called=name))

    def sources(self) -> tuple[SourceStatus, ...]:
        """See `Documents`."""
        counts = {row.source: row for row in self._unit.rows(_COUNTS, self._for_reader())}
        known = {row.name: row for row in self._unit.rows(_SOURCES, self._unit.of_company())}
        return tuple(_source(name, known.get(name), counts.get(name)) for name in sorted(counts.keys() | known.keys()))

    def size(self) -> KnowledgeSize:
        """See `Documents`."""
        require_system(self._unit.scope)
        (row,) = self._unit.rows(_SIZE, self._unit.of_company())
        return KnowledgeSize(row.documents, int(row.bytes))

    def waiting(self) -> int:
        """See `Documents`."""
        if self._unit.first(_ANY_PENDING, self._unit.of_company()) is None:
            return 0
        (row,) = self._unit.rows(_PENDING_CHUNKS, self._for_reader())
        return int(row.chunks)

    def _for_reader(self, **values: object) -> dict[str, object]:
        readers = sorted(self._unit.scope.readers)
        return self._unit.of_company(everyone=self._unit.everyone, readers=readers, **values)

    def _stored(self, document_id: str) -> Row[Any] | None:
        row = self._unit.first(_STORED, self._unit.of_company(document=document_id))
        if row is not None and not self._unit.scope.may_read(frozenset(row.readers)):
            raise NotFound("document", document_id)
        return row

    def _embedder(self) -> str:
        row = self._unit.first(_GENERATION, self._unit.of_company())
        return "" if row is None else str(row.embedder)

    def _advance(self, by: int) -> int:
        row = self._unit.first(_ADVANCE, self._unit.of_company(by=by))
        if row is None:
            company = self._unit.scope.company_id
            self._unit.change(_INSERT_COMPANY, {"company_id": company, "generation": by, "embedder": ""})
            return by
        return int(row.generation)

    def _set_readers(self, document: Document) -> None:
        company = self._unit.scope.company_id
        self._unit.change(_DELETE_READERS, self._unit.of_company(document=document.id))
        self._unit.change_all(
            _INSERT_READER,
            [{"company_id": company, "document_id": document.id, "reader": r} for r in sorted(document.readers)],
        )

    def _keep_text(self, document: Document, text: str, generation: int) -> None:
        here = self._unit.of_company(document=document.id)
        self._unit.change(_DELETE_TEXT, here | {"of_version": document.version})
        self._unit.change(
            _INSERT_TEXT,
            {
                "company_id": self._unit.scope.company_id,
                "document_id": document.id,
                "version": document.version,
                "generation": generation,
                "text": text,
            },
        )
        outdated = self._unit.rows(_VERSIONS, here)[KEPT_VERSIONS:]
        self._unit.change_all(_DELETE_TEXT, [here | {"of_version": row.version} for row in outdated])

    def _chunk_row(self, document: Document, chunk: Chunk) -> dict[str, Any]:
        return {
            "company_id": self._unit.scope.company_id,
            "document_id": document.id,
            "ordinal": chunk.ordinal,
            "start_offset": chunk.start,
            "end_offset": chunk.end,
            "heading": list(chunk.heading),
            "kind": chunk.kind.value,
            "digest": chunk.digest(document.title),
        }

    def _forget_vectors(self, digests: set[str]) -> None:
        for part in batches(sorted(digests)):
            self._unit.change(_DELETE_UNUSED, self._unit.of_company(digests=part))


def _texts(unit: Unit, document_ids: set[str]) -> dict[str, str]:
    return {
        row.id: row.text
        for part in batches(sorted(document_ids))
        for row in unit.rows(_TEXTS_NOW, unit.of_company(ids=part))
    }


def _with_chunks(unit: Unit, rows: Sequence[Row[Any]], embedder: str) -> list[DocumentChange]:
    texts = _texts(unit, {row.id for row in rows})
    versions = {row.id: row.version for row in rows}
    indexed: dict[str, list[IndexedChunk]] = {id_: [] for id_ in versions}
    for part in batches(sorted(indexed)):
        for row in unit.rows(_CHUNKS_WITH_VECTORS, unit.of_company(ids=part, by=embedder)):
            id_ = _chunk_id(row.document_id, versions[row.document_id], row.ordinal)
            indexed[row.document_id].append(IndexedChunk(id_, _chunk(row, texts), row.vector))
    return [
        DocumentChange(
            document_id=row.id,
            generation=row.generation,
            title=row.title,
            language=row.language,
            readers=frozenset(row.readers),
            chunks=tuple(indexed[row.id]),
        )
        for row in rows
    ]


def _chunk_id(document_id: str, version: str, ordinal: int) -> str:
    return f"{document_id}:{version.rpartition(':')[2][:8]}:{ordinal}"


def _place(chunk_id: str) -> tuple[str, int] | None:
    version, _, last = chunk_id.rpartition(":")
    ordinal = number_in(last)
    return None if ordinal is None else (version.rpartition(":")[0], ordinal)


def _listing(document: Document) -> dict[str, Any]:
    return {
        "source": document.source,
        "external_id": document.external_id,
        "title": document.title,
        "uri": document.uri,
        "language": document.language,
        "version": document.version,
        "fingerprint": document.fingerprint,
        "size": document.size,
        "updated_at": document.updated_at,
        "readers": sorted(document.readers),
        "failure": document.failure,
    }


def _document(row: Row[Any]) -> Document:
    return Document(
        id=row.id,
        source=row.source,
        external_id=row.external_id,
        title=row.title,
        uri=row.uri,
        language=row.language,
        version=row.version,
        fingerprint=row.fingerprint,
        size=row.size,
        chunks=row.chunks,
        updated_at=row.updated_at,
        readers=frozenset(row.readers),
        pending=row.pending,
        failure=row.failure,
        text_bytes=row.text_bytes,
    )


def _chunk(row: Row[Any], texts: dict[str, str]) -> Chunk:
    return Chunk(
        ordinal=row.ordinal,
        start=row.start_offset,
        end=row.end_offset,
        text=texts[row.document_id][row.start_offset : row.end_offset],
        heading=tuple(row.heading),
        kind=ChunkKind(row.kind),
    )


def _passage(row: Row[Any]) -> Passage:
    return Passage(
        chunk_id=_chunk_id(row.id, row.version, row.ordinal),
        document_id=row.id,
        document_version=row.version,
        source=row.source,
        title=row.title,
        uri=row.uri,
        language=row.language,
        heading=tuple(row.heading),
        start=row.start_offset,
        end=row.end_offset,
        text=row.text,
        kind=ChunkKind(row.kind),
    )


def _source(name: str, known: Row[Any] | None, counts: Row[Any] | None) -> SourceStatus:
    return SourceStatus(
        name=name,
        type="" if known is None else known.type,
        documents=0 if counts is None else counts.documents,
        chunks=0 if counts is None else int(counts.chunks),
        pending=0 if counts is None else int(counts.pending),
        refreshed_at=None if known is None else known.refreshed_at,
        failures=() if known is None else failures_from_json(known.failures),
    )
