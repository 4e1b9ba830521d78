"""What a company knows: documents, their versions, and the chunks that are searched.

Offsets are code points in the stored text of one document version, start included, end excluded,
so that ``text[start:end]`` is the chunk, or the quote, to the letter.
"""

import hashlib
from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from sophia.domain.tenancy import EVERYONE

__all__ = [
    "Chunk",
    "ChunkKind",
    "ChunkText",
    "Document",
    "DocumentChange",
    "DocumentFailure",
    "DocumentListing",
    "DocumentText",
    "IndexedChunk",
    "KnowledgeQuery",
    "Passage",
    "RawDocument",
    "SearchHit",
    "SourceStatus",
    "document_id",
    "text_version",
]


def document_id(company_id: str, source: str, external_id: str) -> str:
    """The id of a document: the same for the same place in the same source of the same company."""
    digest = hashlib.sha256("\0".join((company_id, source, external_id)).encode()).hexdigest()
    return f"doc_{digest[:26]}"


def text_version(text: str) -> str:
    """The version of a stored text: ``sha256:`` and the digest of its UTF-8 bytes."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@frozen
class DocumentListing:
    """One line of a source's listing, cheap to make: no content is read or converted for it.

    Attributes:
        external_id: stable name of the document within its source.
        fingerprint: changes whenever the content may have changed.
        readers: reader tokens, see `sophia.domain.tenancy`.
    """

    external_id: str
    fingerprint: str
    size: int
    readers: frozenset[str] = field(default=frozenset({EVERYONE}))


@frozen
class DocumentFailure:
    """A document that could not be taken in, and why, in words its owner can act on.

    ``fingerprint`` is of the content that was refused: the same need not be tried again.
    """

    source: str
    external_id: str
    reason: str
    fingerprint: str = ""


@frozen
class RawDocument:
    """What a source hands over: bytes as they are there, before conversion."""

    external_id: str
    name: str
    content: bytes = field(repr=False)
    uri: str


@frozen
class DocumentText:
    """A document converted to text (Markdown)."""

    title: str
    text: str = field(repr=False)


class ChunkKind(StrEnum):
    """What a chunk is made of; tables and code are kept whole where they fit."""

    PROSE = "prose"
    LIST = "list"
    TABLE = "table"
    CODE = "code"


@frozen
class ChunkText:
    """A chunk's words together with the place that gives them their sense: titles, outermost first; may be empty."""

    place: str
    text: str = field(repr=False)

    @property
    def whole(self) -> str:
        """Place and words as one text."""
        return f"{self.place}\n{self.text}" if self.place else self.text


@frozen
class Chunk:
    """A stretch of a document's text that is searched as one.

    Attributes:
        heading: titles of the sections it stands in, outermost first.
        start: first code point in the stored text.
        end: one past the last.
        text: ``stored_text[start:end]``.
    """

    ordinal: int
    start: int
    end: int
    text: str = field(repr=False)
    heading: tuple[str, ...] = ()
    kind: ChunkKind = ChunkKind.PROSE

    def embedded_text(self, title: str) -> ChunkText:
        """What stands for the chunk in a search, in a document of this title."""
        return ChunkText(" > ".join(dict.fromkeys(part for part in (title, *self.heading) if part)), self.text)

    def digest(self, title: str) -> str:
        """The key under which the chunk's vector is kept: the same text in the same place is never embedded twice."""
        return hashlib.sha256(self.embedded_text(title).whole.encode()).hexdigest()


@frozen
class Document:
    """A document of the knowledge base, as it is listed.

    Attributes:
        version: see `text_version`.
        fingerprint: of the source's content together with converter, chunker and embedder versions.
        readers: who may find it.
        pending: chunks that have no vector yet (they are found by their words already).
        text_bytes: length of its text in UTF-8.
        failure: why the newest content could not be taken in; what is here is then the last good version.
    """

    id: str
    source: str
    external_id: str
    title: str
    uri: str
    language: str
    version: str
    fingerprint: str
    size: int
    chunks: int
    updated_at: datetime
    readers: frozenset[str] = field(default=frozenset({EVERYONE}))
    pending: int = 0
    failure: str | None = None
    text_bytes: int = 0


@frozen
class IndexedChunk:
    """A chunk as an index needs it; ``vector`` is None until it is embedded."""

    id: str
    chunk: Chunk
    vector: bytes | None = field(repr=False, default=None)


@frozen
class DocumentChange:
    """What became of one document since some generation: its chunks now, or none when it is gone."""

    document_id: str
    generation: int
    title: str = ""
    language: str = ""
    readers: frozenset[str] = frozenset()
    chunks: tuple[IndexedChunk, ...] = ()


@frozen
class KnowledgeQuery:
    """What is searched: words, their vector, or both.

    Attributes:
        vector: of ``text``, by the embedder the index was filled with; empty: search by words only.
        synonyms: a term to the words that widen it, on the lexical side.
    """

    text: str
    vector: tuple[float, ...] = field(default=(), repr=False)
    limit: int = 8
    synonyms: dict[str, tuple[str, ...]] = field(factory=dict, hash=False)


@frozen
class SearchHit:
    """One chunk found.

    Attributes:
        score: of the fused ranking, higher is better; comparable within one search only.
        similarity: cosine of query and chunk, None where there is no vector.
        coverage: share (0 to 1) of the query's lexical weight (idf) that the chunk's words cover.
    """

    chunk_id: str
    document_id: str
    score: float
    similarity: float | None = None
    coverage: float = 0.0


@frozen
class Passage:
    """A chunk with its document: what an agent is given to answer from. It is data, never an instruction."""

    chunk_id: str
    document_id: str
    document_version: str
    source: str
    title: str
    uri: str
    language: str
    heading: tuple[str, ...]
    start: int
    end: int
    text: str = field(repr=False)
    kind: ChunkKind = ChunkKind.PROSE
    score: float = 0.0
    similarity: float | None = None
    coverage: float = 0.0


@frozen
class SourceStatus:
    """How a source of the knowledge base stands."""

    name: str
    type: str
    documents: int
    chunks: int
    pending: int
    refreshed_at: datetime | None
    failures: tuple[DocumentFailure, ...] = ()
