"""Hybrid search over one company's chunks."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeAlias

from sophia.domain.knowledge import DocumentChange, DocumentFailure, KnowledgeQuery, SearchHit
from sophia.domain.tenancy import TenantScope

__all__ = ["KnowledgeIndex", "OnSettling"]

OnSettling: TypeAlias = Callable[[str, int, int], None]
"""Hears what is under way, how much of it is done, and how much there is."""


class KnowledgeIndex(Protocol):
    """Finds the chunks of one company that speak of something, by words and by meaning.

    It is derived: the system of record holds the documents, and the index knows up to which
    generation of them it stands. Losing it costs time, never knowledge.
    """

    def generation(self, scope: TenantScope) -> int:
        """The generation of the company's documents that the index stands for; 0 when it holds nothing."""
        ...

    def apply(self, scope: TenantScope, changes: Iterable[DocumentChange], generation: int) -> bool:
        """Replace each changed document whole, then stand for ``generation``; one that is reached is not applied again.

        Searches meanwhile see the state before or after, never a document half replaced.

        Returns:
            False when another writer is at it; nothing was done then.
        """
        ...

    def clear(self, scope: TenantScope) -> None:
        """Forget the company's chunks and go back to generation 0."""
        ...

    def search(self, scope: TenantScope, query: KnowledgeQuery) -> tuple[SearchHit, ...]:
        """The best chunks that the scope may read, best first, at most ``query.limit``.

        What the caller may not read is left out before ranking. A chunk without a vector is found
        by its words. The same index and query give the same order.
        """
        ...

    def settle(self, scope: TenantScope, on_progress: OnSettling) -> tuple[DocumentFailure, ...]:  # noqa: ARG002
        """Finish what takes its time, at the end of a refresh (a scope of SOPHIA's own); one process at a time does.

        For an index that keeps copies elsewhere: they become equal to the records. What is found is not changed by it,
        and it fails for nobody: what could not be done is told, and done the next time.

        Returns:
            What is not as it should be there; without an external id where it is all of it.
        """
        return ()
