"""A knowledge index in memory: words and vectors, scanned."""

import itertools
import re
import unicodedata
from collections.abc import Iterable

from attrs import frozen

from sophia.domain.knowledge import DocumentChange, IndexedChunk, KnowledgeQuery, SearchHit
from sophia.domain.tenancy import TenantScope
from sophia.domain.vectors import unpack
from sophia.ports.knowledge_index import KnowledgeIndex

__all__ = ["MemoryKnowledgeIndex"]

_TOKEN = re.compile(r"[\w./-]*\w")
_STEM = 6  # letters of a word that count


@frozen
class _Entry:
    chunk: IndexedChunk
    document: DocumentChange


class MemoryKnowledgeIndex(KnowledgeIndex):
    """Scores by shared words and by cosine, half and half."""

    def __init__(self) -> None:
        self._documents: dict[str, dict[str, DocumentChange]] = {}
        self._generations: dict[str, int] = {}

    def generation(self, scope: TenantScope) -> int:
        """The generation last applied."""
        return self._generations.get(scope.company_id, 0)

    def apply(self, scope: TenantScope, changes: Iterable[DocumentChange], generation: int) -> bool:
        """Replace the changed documents."""
        documents = dict(self._documents.get(scope.company_id, {}))
        for change in changes:
            documents.pop(change.document_id, None)
            if change.chunks:
                documents[change.document_id] = change
        self._documents[scope.company_id] = documents
        self._generations[scope.company_id] = generation
        return True

    def clear(self, scope: TenantScope) -> None:
        """Forget the company."""
        self._documents.pop(scope.company_id, None)
        self._generations.pop(scope.company_id, None)

    def search(self, scope: TenantScope, query: KnowledgeQuery) -> tuple[SearchHit, ...]:
        """Scan everything that the scope may read."""
        wanted = _words(query.text)
        for term, others in query.synonyms.items():
            if _words(term) <= wanted:
                wanted |= {word for other in others for word in _words(other)}
        hits = [
            hit
            for document in self._documents.get(scope.company_id, {}).values()
            if scope.may_read(document.readers)
            for chunk in document.chunks
            if (hit := _score(_Entry(chunk, document), wanted, query.vector)) is not None
        ]
        return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))[: query.limit])


def _score(entry: _Entry, wanted: set[str], vector: tuple[float, ...]) -> SearchHit | None:
    text = entry.chunk.chunk.embedded_text(entry.document.title).whole
    coverage = len(wanted & _words(text)) / len(wanted) if wanted else 0.0
    similarity = None
    if vector and entry.chunk.vector is not None:
        similarity = sum(a * b for a, b in zip(vector, unpack(entry.chunk.vector), strict=True))
    if not coverage and similarity is None:
        return None
    score = coverage + (similarity or 0.0)
    return SearchHit(entry.chunk.id, entry.document.document_id, score, similarity, coverage)


def _words(text: str) -> set[str]:
    """Tokens whole, the beginnings of longer words, and pairs of neighbours."""
    folded = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    tokens = _TOKEN.findall(folded)
    pairs = {f"{a} {b}" for a, b in itertools.pairwise(tokens)}
    return {token[:_STEM] if token.isalpha() else token for token in tokens if len(token) > 2} | pairs
