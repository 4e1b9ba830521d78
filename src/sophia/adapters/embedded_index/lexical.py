"""The words of one company's chunks, in tantivy."""

from collections.abc import Iterable
from pathlib import Path

import tantivy
from tantivy import Occur, Query

from sophia.adapters.embedded_index.terms import (
    add_fields,
    coverage_query,
    lexical_fields,
    lexical_query,
    register_analyzers,
)
from sophia.adapters.terms.analysis import analyse_query
from sophia.domain.fusion import LexicalCandidate
from sophia.domain.knowledge import DocumentChange, KnowledgeQuery

__all__ = ["LexicalSide"]

_CHUNK, _DOCUMENT, _READER = "chunk", "document", "reader"
_WRITER_BYTES = 50_000_000


class LexicalSide:
    """A tantivy index in a folder; it shows what was committed when it was opened or last reloaded."""

    def __init__(self, index: tantivy.Index) -> None:
        self._schema = _schema()
        self._index = index
        register_analyzers(self._index)
        self._searcher = self._index.searcher()

    @classmethod
    def create(cls, folder: Path) -> "LexicalSide":
        """A new index in an empty folder."""
        folder.mkdir(parents=True)
        return cls(tantivy.Index(_schema(), path=str(folder), reuse=False))

    @classmethod
    def open(cls, folder: Path) -> "LexicalSide":
        """The index that is there.

        Raises:
            ValueError: there is none, or it cannot be read.
        """
        return cls(tantivy.Index.open(str(folder)))

    def replace(self, changes: Iterable[DocumentChange]) -> None:
        """Take out the changed documents and put in their chunks, in one commit."""
        writer = self._index.writer(_WRITER_BYTES, num_threads=1)
        for change in changes:
            writer.delete_documents_by_term(_DOCUMENT, change.document_id)
            for chunk in change.chunks:
                entry = tantivy.Document()
                entry.add_text(_CHUNK, chunk.id)
                entry.add_text(_DOCUMENT, change.document_id)
                for reader in sorted(change.readers):
                    entry.add_text(_READER, reader)
                for name, text in lexical_fields(chunk.chunk.embedded_text(change.title).whole).items():
                    entry.add_text(name, text)
                writer.add_document(entry)
        writer.commit()
        writer.wait_merging_threads()

    def search(self, query: KnowledgeQuery, readers: frozenset[str] | None, depth: int) -> list[LexicalCandidate]:
        """The chunks with any of the query's words, best first, at most ``depth``.

        Only chunks with one of the ``readers`` count; None: all do.
        """
        terms = analyse_query(query.text, query.synonyms)
        if not terms:
            return []
        wanted = [(Occur.Must, lexical_query(self._schema, terms))]
        if readers is not None:
            wanted.append((Occur.Must, self._any_of(_READER, readers)))
        scores = self._scores(Query.boolean_query(wanted), depth)
        if not scores:
            return []
        covered = Query.boolean_query(
            [
                (Occur.Must, coverage_query(self._schema, terms, self._searcher)),
                (Occur.Must, self._any_of(_CHUNK, scores)),
            ]
        )
        coverage = self._scores(covered, len(scores))
        return [LexicalCandidate(chunk, score, min(coverage[chunk], 1.0)) for chunk, score in scores.items()]

    def _any_of(self, field: str, values: Iterable[str]) -> Query:
        """Have one of these values; it adds nothing to the score."""
        # A term set query would walk all that have one, where this looks at the chunks that the words have found.
        terms = [(Occur.Should, Query.term_query(self._schema, field, value, "basic")) for value in values]
        return Query.const_score_query(Query.boolean_query(terms), 0.0)

    def _scores(self, query: Query, limit: int) -> dict[str, float]:
        hits = self._searcher.search(query, limit, count=False).hits
        return {self._searcher.doc(address)[_CHUNK][0]: score for score, address in hits}


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field(_CHUNK, stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(_DOCUMENT, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(_READER, tokenizer_name="raw", index_option="basic")
    add_fields(builder)
    return builder.build()
