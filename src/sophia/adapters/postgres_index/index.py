"""The knowledge index for who runs Postgres: nothing on the disk of the processes, and as many writers as there are."""

import struct
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Connection, Engine, text

from sophia.adapters.postgres_index.terms import tsqueries, tsvector
from sophia.adapters.sql.engine import reading, writing
from sophia.domain.fusion import DenseCandidate, LexicalCandidate, fuse
from sophia.domain.knowledge import DocumentChange, IndexedChunk, KnowledgeQuery, SearchHit
from sophia.domain.tenancy import Actor, TenantScope
from sophia.ports.knowledge_index import KnowledgeIndex

__all__ = ["PostgresKnowledgeIndex"]

_FORMAT = 1
"""Counts up when the analysis changes: what was written in another format is not searched, and filled anew."""

_DEPTH = 100
"""Candidates of each side that are fused, at least."""

# What is put into the queries' text are the words of this module (which S608 cannot see); what is asked for is bound.
_OWN = "company_id = :company AND version = :version"
_READABLE = "(CAST(:readers AS text[]) IS NULL OR readers && CAST(:readers AS text[]))"

# To compile a query takes longer than to scan a company.
_STATE = text(
    f"SELECT generation, chunks, words, set_config('jit', 'off', true) FROM index_states WHERE {_OWN}"  # noqa: S608
)
_GENERATION = text(f"SELECT generation FROM index_states WHERE {_OWN}")  # noqa: S608

# BM25 (k1 = 1.2, b = 0.75). Postgres does not tell how often a chunk has a term, but ts_rank of one term is
# (1 + 1/4 + ... + 1/n^2) / (pi^2/6), which n / (n + 0.64) follows within one in a hundred: n is 0.64 rank / (1 - rank).
# The rank of a phrase, or of alternatives, says something else: it counts as one time at least.
# OFFSET 0 keeps the planner from turning the loop round: it would put all chunks into a file and read it for each term.
_WORDS = text(f"""
    WITH found AS MATERIALIZED (
        SELECT number, chunk_id, document_id, readers,
            0.25 + 0.75 * length / :average AS long,
            greatest(ts_rank(ARRAY[1, 1, 1, 1]::float4[], terms, query), 0.6079)::float8 AS rank
        FROM index_words CROSS JOIN LATERAL (
            SELECT * FROM unnest(CAST(:queries AS tsquery[])) WITH ORDINALITY AS each (query, number)
            WHERE terms @@ query OFFSET 0
        ) AS asked
        WHERE {_OWN}
    ), telling AS (
        SELECT number, weight * ln(1 + (:chunks - count(chunk_id) + 0.5) / (count(chunk_id) + 0.5)) AS idf
        FROM unnest(CAST(:weights AS float8[])) WITH ORDINALITY AS asked (weight, number)
            LEFT JOIN found USING (number)
        GROUP BY number, weight
    )
    SELECT chunk_id, document_id,
        sum(idf * 2.2 * rank / (rank + 1.2 / 0.64 * long * (1 - rank))) AS score,
        sum(idf) / (SELECT sum(idf) FROM telling) AS coverage
    FROM found JOIN telling USING (number)
    WHERE {_READABLE}
    GROUP BY chunk_id, document_id
    ORDER BY score DESC, chunk_id
    LIMIT :depth
""")  # noqa: S608

# Vectors have length 1, so that the inner product is the cosine; <#> gives it negated.
_MEANING = text(f"""
    WITH compared AS MATERIALIZED (
        SELECT chunk_id, document_id, -(vector <#> CAST(:vector AS vector)) AS cosine
        FROM index_vectors
        WHERE {_OWN} AND {_READABLE}
    )
    (SELECT * FROM compared ORDER BY cosine DESC, chunk_id LIMIT :depth)
    UNION
    SELECT * FROM compared WHERE chunk_id = ANY(CAST(:found AS text[]))
""")  # noqa: S608

# Of every version: a document that is gone is gone from what another embedder's vectors were kept for, too.
_REMOVE = [
    text(f"DELETE FROM {table} WHERE company_id = :company AND document_id = ANY(CAST(:documents AS text[]))")  # noqa: S608
    for table in ("index_words", "index_vectors")
]
_ADD_WORDS = text(
    "INSERT INTO index_words (company_id, version, chunk_id, document_id, readers, length, terms)"
    " VALUES (:company, :version, :chunk, :document, :readers, :length, CAST(:terms AS tsvector))"
)
_ADD_VECTORS = text(
    "INSERT INTO index_vectors (company_id, version, chunk_id, document_id, readers, vector)"
    " VALUES (:company, :version, :chunk, :document, :readers, CAST(:vector AS vector))"
)
_REACH = text(f"""
    INSERT INTO index_states (company_id, version, generation, chunks, words)
    SELECT :company, :version, :generation, count(*), coalesce(sum(length), 0) FROM index_words WHERE {_OWN}
    ON CONFLICT (company_id, version) DO UPDATE
    SET generation = excluded.generation, chunks = excluded.chunks, words = excluded.words
""")  # noqa: S608
_CLEAR = [
    text(f"DELETE FROM {table} WHERE company_id = :company")  # noqa: S608
    for table in ("index_states", "index_words", "index_vectors")
]


class PostgresKnowledgeIndex(KnowledgeIndex):
    """Searches by words (BM25) and by meaning (exact cosine) what a company has, row by row, and fuses.

    Writers of one company wait for one another, and not for those of its records.

    Args:
        engine: of the Postgres that the records are in, with the index's tables.
        embedder_version: vectors of another version are never compared with these.
    """

    def __init__(self, engine: Engine, embedder_version: str) -> None:
        self._engine = engine
        self._version = f"{_FORMAT}/{embedder_version}"

    def generation(self, scope: TenantScope) -> int:
        """See `KnowledgeIndex`.

        Raises:
            Unavailable: the database does not answer.
        """
        with reading(self._engine, scope.company_id) as connection:
            return connection.scalar(_GENERATION, self._own(scope)) or 0

    def apply(self, scope: TenantScope, changes: Iterable[DocumentChange], generation: int) -> bool:
        """Replace the documents in one transaction, after the company's other writers.

        Raises:
            Unavailable: the database does not answer, or the others take too long.
        """
        # Analysed beforehand: nobody has to wait for that.
        changes = list(changes)
        own = self._own(scope)
        words = [{**own, **row} for row in _rows_of_words(changes)]
        vectors = [{**own, **row} for row in _rows_of_vectors(changes)]
        with self._writing(scope) as connection:
            if (connection.scalar(_GENERATION, own) or 0) >= generation:
                return True
            for statement in _REMOVE:
                connection.execute(statement, {**own, "documents": [change.document_id for change in changes]})
            for statement, rows in ((_ADD_WORDS, words), (_ADD_VECTORS, vectors)):
                if rows:
                    connection.execute(statement, rows)
            connection.execute(_REACH, {**own, "generation": generation})
        return True

    def clear(self, scope: TenantScope) -> None:
        """Delete the company's rows, of every version.

        Raises:
            Unavailable: the database does not answer, or other writers take too long.
        """
        with self._writing(scope) as connection:
            for statement in _CLEAR:
                connection.execute(statement, {"company": scope.company_id})

    def search(self, scope: TenantScope, query: KnowledgeQuery) -> tuple[SearchHit, ...]:
        """See `KnowledgeIndex`. Both sides see the same generation.

        Raises:
            Unavailable: the database does not answer.
        """
        asked = {
            **self._own(scope),
            "readers": None if scope.actor is Actor.SYSTEM else sorted(scope.readers),
            "depth": max(_DEPTH, query.limit),
        }
        with reading(self._engine, scope.company_id) as connection:
            documents, lexical = _find(connection, query, asked)
            dense = []
            if query.vector:
                about = {**asked, "vector": _vector(query.vector), "found": list(documents)}
                for row in connection.execute(_MEANING, about):
                    documents[row.chunk_id] = row.document_id
                    dense.append(DenseCandidate(row.chunk_id, row.cosine))
        return tuple(
            SearchHit(fused.id, documents[fused.id], fused.score, fused.cosine, fused.coverage)
            for fused in fuse(lexical, dense)[: query.limit]
        )

    def _own(self, scope: TenantScope) -> dict[str, Any]:
        return {"company": scope.company_id, "version": self._version}

    def _writing(self, scope: TenantScope) -> AbstractContextManager[Connection]:
        return writing(self._engine, scope.company_id, queue=f"index of {scope.company_id}")


def _find(
    connection: Connection, query: KnowledgeQuery, asked: dict[str, Any]
) -> tuple[dict[str, str], list[LexicalCandidate]]:
    """The document of each chunk found by its words, and the chunks."""
    state = connection.execute(_STATE, asked).first()
    terms = tsqueries(query.text, query.synonyms)
    if state is None or not state.chunks or not terms:
        return {}, []
    queries, weights = zip(*terms, strict=True)
    about = {
        **asked,
        "queries": list(queries),
        "weights": list(weights),
        "chunks": state.chunks,
        "average": max(state.words / state.chunks, 1.0),
    }
    rows = connection.execute(_WORDS, about).all()
    return (
        {row.chunk_id: row.document_id for row in rows},
        [LexicalCandidate(row.chunk_id, row.score, min(row.coverage, 1.0)) for row in rows],
    )


def _rows_of_words(changes: Sequence[DocumentChange]) -> list[dict[str, Any]]:
    rows = []
    for change in changes:
        for chunk in change.chunks:
            terms, length = tsvector(chunk.chunk.embedded_text(change.title).whole)
            rows.append({**_row(change, chunk), "terms": terms, "length": length})
    return rows


def _rows_of_vectors(changes: Sequence[DocumentChange]) -> list[dict[str, Any]]:
    return [
        {**_row(change, chunk), "vector": _vector(struct.unpack(f"<{len(chunk.vector) // 4}f", chunk.vector))}
        for change in changes
        for chunk in change.chunks
        if chunk.vector
    ]


def _row(change: DocumentChange, chunk: IndexedChunk) -> dict[str, Any]:
    return {"chunk": chunk.id, "document": change.document_id, "readers": sorted(change.readers)}


def _vector(values: Sequence[float]) -> str:
    return f"[{','.join(map(repr, values))}]"
