"""One ranking out of two: by words (BM25) and by meaning (cosine).

A convex combination of normalised scores (Bruch, Gai and Ingber, "An Analysis of Fusion Functions
for Hybrid Retrieval", ACM TOIS 2023), which keeps what reciprocal ranks throw away: by how much a
candidate is better. The lexical side weighs as much as the share of the query that it understands:
for a question in another language than the documents that share is small and meaning decides.
"""

from collections.abc import Sequence

from attrs import frozen

__all__ = ["DenseCandidate", "FusedCandidate", "LexicalCandidate", "fuse"]


@frozen
class LexicalCandidate:
    """A chunk found by its words.

    Attributes:
        score: BM25, above 0; comparable within one search only.
        coverage: share (0 to 1) of the query's idf that the chunk's words cover.
    """

    id: str
    score: float
    coverage: float


@frozen
class DenseCandidate:
    """A chunk whose vector was compared with the query's."""

    id: str
    cosine: float


@frozen
class FusedCandidate:
    """A chunk in the fused order.

    Attributes:
        score: 0 to 2, higher is better; comparable within one search only.
        cosine: None where the chunk was not compared by its vector.
        coverage: 0 where the chunk was not found by its words.
    """

    id: str
    score: float
    cosine: float | None
    coverage: float


def fuse(lexical: Sequence[LexicalCandidate], dense: Sequence[DenseCandidate]) -> tuple[FusedCandidate, ...]:
    """Rank the union of two candidate lists, best first.

    The score is ``(cosine - lowest) / (highest - lowest) + coverage * bm25 / highest_bm25``, where
    ``coverage`` is the highest of any candidate, and a side on which a candidate is absent gives 0.
    Each candidate is there once; one that is at least as good on both sides never stands below; equals
    stand by id. The order of the lists does not matter, and with one list empty the other's order remains.

    Args:
        lexical: the best by BM25; ids are unique.
        dense: the best by cosine; ids are unique. Give the exact cosine of the lexical candidates
            too, or they count as the least similar.
    """
    by_words = {candidate.id: candidate for candidate in lexical}
    cosines = {candidate.id: candidate.cosine for candidate in dense}
    lowest, highest = min(cosines.values(), default=0.0), max(cosines.values(), default=0.0)
    best_bm25 = max((candidate.score for candidate in lexical), default=0.0)
    weight = max((candidate.coverage for candidate in lexical), default=0.0)

    def similarity(id: str) -> float:
        cosine = cosines.get(id)
        if cosine is None:
            return 0.0
        return (cosine - lowest) / (highest - lowest) if highest > lowest else 1.0

    def relevance(id: str) -> float:
        found = by_words.get(id)
        return found.score / best_bm25 if found and best_bm25 > 0 else 0.0

    ranked = []
    for id in by_words.keys() | cosines.keys():
        near, telling = similarity(id), relevance(id)
        # Rounding may make sums equal whose parts are not: the parts decide before the id does.
        ranked.append((-(near + weight * telling), -near, -telling, id))
    ranked.sort()
    return tuple(
        FusedCandidate(id, -minus_score, cosines.get(id), by_words[id].coverage if id in by_words else 0.0)
        for minus_score, _, _, id in ranked
    )
