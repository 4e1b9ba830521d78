"""Finding what a company's documents say on something."""

from attrs import evolve

from sophia.domain.knowledge import KnowledgeQuery, Passage
from sophia.domain.tenancy import TenantScope
from sophia.ports.identity import TenantDirectory
from sophia.ports.knowledge_index import KnowledgeIndex
from sophia.ports.records import Records

__all__ = ["Retrieve"]


class Retrieve:
    """Searches the index, then takes the passages from the system of record, which has the last word on who reads."""

    def __init__(self, records: Records, index: KnowledgeIndex, directory: TenantDirectory, limit: int) -> None:
        self._records = records
        self._index = index
        self._directory = directory
        self._limit = limit

    def __call__(self, scope: TenantScope, text: str, vector: tuple[float, ...]) -> tuple[Passage, ...]:
        """The passages nearest to a text and its vector, best first; an empty vector searches by words only."""
        synonyms = self._directory.company(scope.company_id).synonyms
        hits = self._index.search(scope, KnowledgeQuery(text, vector, self._limit, synonyms))
        if not hits:
            return ()
        with self._records.read(scope) as tx:
            found = tx.documents.passages([hit.chunk_id for hit in hits])
        scored = {hit.chunk_id: hit for hit in hits}
        return tuple(
            evolve(
                passage,
                score=scored[passage.chunk_id].score,
                similarity=scored[passage.chunk_id].similarity,
                coverage=scored[passage.chunk_id].coverage,
            )
            for passage in found
        )
