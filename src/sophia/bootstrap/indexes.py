"""Knowledge indexes whose libraries take a while to load: made here, so that who does not choose them does not wait."""

from sqlalchemy import Engine

from sophia.ports.knowledge_index import KnowledgeIndex

__all__ = ["open_postgres_index"]


def open_postgres_index(engine: Engine, embedder: str) -> KnowledgeIndex:
    """The index in the database of the records, for the vectors of this embedder."""
    from sophia.adapters.postgres_index.index import PostgresKnowledgeIndex  # noqa: PLC0415 - its words need tantivy

    return PostgresKnowledgeIndex(engine, embedder)
