"""One generation of a company's index, as it lies in the company's folder."""

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from sophia.adapters.embedded_index.dense import DenseSide
from sophia.adapters.embedded_index.lexical import LexicalSide
from sophia.domain.fusion import DenseCandidate, LexicalCandidate, fuse
from sophia.domain.knowledge import DocumentChange, KnowledgeQuery, SearchHit
from sophia.domain.tenancy import Actor, TenantScope

__all__ = ["Snapshot"]

_DEPTH = 100
"""Candidates of each side that are fused, at least."""


@frozen(eq=False)
class Snapshot:
    """One generation, ready to be searched."""

    generation: int
    lexical: LexicalSide
    dense: DenseSide

    @classmethod
    def create(cls, folder: Path) -> "Snapshot":
        """Generation 0, in a folder without an index."""
        return cls(0, LexicalSide.create(folder / "lexical"), DenseSide.empty())

    @classmethod
    def open(cls, folder: Path, generation: int) -> "Snapshot":
        """A generation that was written.

        Raises:
            OSError, EOFError, ValueError, KeyError: it is not there, or cannot be read.
        """
        return cls(generation, LexicalSide.open(folder / "lexical"), DenseSide.load(folder, f"dense-{generation}"))

    def write_next(self, folder: Path, changes: Sequence[DocumentChange], generation: int) -> None:
        """Write what follows this one; files of this one stay."""
        self.dense.replace(changes).save(folder, f"dense-{generation}")
        if changes:
            self.lexical.replace(changes)

    def search(self, scope: TenantScope, query: KnowledgeQuery) -> tuple[SearchHit, ...]:
        """See `KnowledgeIndex`."""
        readers = None if scope.actor is Actor.SYSTEM else scope.readers
        depth = max(_DEPTH, query.limit)
        lexical = self.lexical.search(query, readers, depth)
        # A chunk of a generation that is being written has words already, but is not part of this one.
        lexical = [candidate for candidate in lexical if candidate.id in self.dense.places]
        return tuple(
            SearchHit(
                fused.id,
                self.dense.document_ids[self.dense.places[fused.id]],
                fused.score,
                fused.cosine,
                fused.coverage,
            )
            for fused in fuse(lexical, self._compare(scope, query, lexical, depth))[: query.limit]
        )

    def _compare(
        self, scope: TenantScope, query: KnowledgeQuery, lexical: list[LexicalCandidate], depth: int
    ) -> list[DenseCandidate]:
        """The nearest by meaning, and the cosines of those found by their words."""
        if not query.vector:
            return []
        similarities = self.dense.compare(scope, query.vector)
        ids = dict.fromkeys([*similarities.best(depth), *(candidate.id for candidate in lexical)])
        cosines = ((id_, similarities.of(id_)) for id_ in ids)
        return [DenseCandidate(id_, cosine) for id_, cosine in cosines if cosine is not None]
