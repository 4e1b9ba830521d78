"""Finds the units that are about a question."""

import math
import re
from collections.abc import Callable, Sequence

from attrs import frozen

from sophia.adapters.extractive.expected import Expected, expected, holds
from sophia.adapters.extractive.rendering import plain
from sophia.adapters.extractive.units import Unit, UnitKind, units
from sophia.adapters.extractive.words import contains, fold, terms
from sophia.domain.knowledge import Passage

__all__ = ["Scored", "rank_units", "whole"]

# Where a document names others, it has nothing to say itself.
_REFERENCES = re.compile(
    r"\W*(?:\d[\d.]*\W+)?(?:references?|further reading|see also|related (?:articles|documents)|external links"
    r"|bibliography|referencias?|mas informacion|vease tambien|enlaces(?: externos)?|bibliografia|lecturas)\b"
)
# A document that speaks of itself answers little.
_OF_ITSELF = re.compile(
    r"\W*(?:this|est[ea]|el presente|la presente) (?:cheat ?sheet|document|article|guide|page|section|chapter|documento"
    r"|guia|pagina|seccion|apartado|articulo|capitulo|politica|norma|procedimiento)\b"
)

_NEWEST = 2.0
_TOLD = 0.8
_DANGLING = 0.4
# How often something is done stands in words that no question shares ("every", "weekly"), beside many that name the
# thing. For the other kinds of answers the same gains nothing: there the words and vectors tell enough.
_OFTEN = 2.0
_LEADS = re.compile(r":[*_\s]*$")

Cosines = Callable[[Sequence[str]], Sequence[float] | None]


@frozen
class Scored:
    """A unit and how near it is to the question.

    Attributes:
        words: share (0 to 1) of the question's words, weighted by how rare they are in the turn, that it holds.
        cosine: of question and unit; None where vectors are missing.
        score: what units are ranked by; comparable within one turn only.
    """

    unit: Unit
    words: float
    cosine: float | None
    score: float


def rank_units(
    question: str,
    passages: Sequence[Passage],
    cosines: Cosines,
    *,
    newest: str = "",
    told: str = "",
    named: Sequence[str] = (),
    most: int,
    cosine_weight: float = 25.0,
    words_weight: float = 1.0,
    passage_weight: float = 0.5,
) -> list[Scored]:
    """The units of the passages that may answer, best first.

    The ``most`` likeliest by their words and their passage are compared with the question by ``cosines``, too.
    ``question`` may be two, the second leaning on the first; the words of the ``newest`` then weigh more,
    and what was ``told`` already is not what is asked for now.
    Where something is ``named`` (see `identifiers`), only passages that name it count.
    """
    asked = terms(question)
    placed = _priors(passages)
    found = [
        unit
        for rank, passage in enumerate(passages)
        if not named or any(contains(whole(passage), name) for name in named)
        for unit in units(passage, rank)
    ]
    words = _lexical(asked, frozenset(terms(newest)), found, passages)
    known = fold(told)
    leading = {(unit.rank, unit.lead) for unit in found}
    prior = [
        passage_weight * placed[unit.rank]
        - _penalty(unit)
        - _DANGLING * (_LEADS.search(unit.text) is not None and (unit.rank, (unit.start, unit.end)) not in leading)
        - _TOLD * (bool(known) and fold(plain(unit)) in known)
        for unit in found
    ]
    cheap = sorted(
        ((words[i] + prior[i], i) for i in range(len(found))),
        key=lambda pair: (-pair[0], pair[1]),
    )[:most]
    often = expected(question) is Expected.FREQUENCY
    near = cosines([context(found[i]) for _, i in cheap])
    scored = []
    for position, (_, i) in enumerate(cheap):
        unit, cosine = found[i], near[position] if near is not None else None
        score = words_weight * words[i] + prior[i] + cosine_weight * (cosine or 0.0)
        score += _OFTEN * (often and holds(Expected.FREQUENCY, unit.said))
        scored.append(Scored(unit, words[i], cosine, score))
    return sorted(scored, key=lambda s: -s.score)


def whole(passage: Passage) -> str:
    """A passage with the titles it stands under."""
    return f"{passage.title} {' '.join(passage.heading)} {passage.text}"


def context(unit: Unit) -> str:
    """The text that stands for a unit in the vector space: a sentence alone often does not say what it is about."""
    if unit.kind is UnitKind.ROW and unit.header:
        return f"{unit.section}\n{' | '.join(unit.header)}\n{unit.text}"
    return f"{unit.section}\n{unit.said}" if unit.section else unit.said


def _priors(passages: Sequence[Passage]) -> list[float]:
    """How likely each passage holds the answer (0 to 1), by its similarity and its place in the ranking."""
    similar = [p.similarity for p in passages if p.similarity is not None]
    low, high = (min(similar), max(similar)) if similar else (0.0, 0.0)
    places = [1 - rank / len(passages) for rank in range(len(passages))]
    if high <= low:
        return places
    return [
        (place + (p.similarity - low) / (high - low)) / 2 if p.similarity is not None else place / 2
        for place, p in zip(places, passages, strict=True)
    ]


def _lexical(
    asked: Sequence[str], newest: frozenset[str], found: Sequence[Unit], passages: Sequence[Passage]
) -> list[float]:
    own = [frozenset(terms(f"{' '.join(unit.header)} {unit.said}")) for unit in found]
    around = [frozenset(terms(f"{passages[u.rank].title} {u.section} {_lead_text(u, passages)}")) for u in found]
    spread = {t: sum(t in a or t in b for a, b in zip(own, around, strict=True)) for t in asked}
    weight = {t: math.log(1 + len(found) / n) * (_NEWEST if t in newest else 1) for t, n in spread.items() if n}
    total = sum(weight.values())
    if not total:
        return [0.0] * len(found)
    return [
        sum(w * (1.0 if t in a else 0.5 if t in b else 0.0) for t, w in weight.items()) / total
        for a, b in zip(own, around, strict=True)
    ]


def _lead_text(unit: Unit, passages: Sequence[Passage]) -> str:
    return passages[unit.rank].text[slice(*unit.lead)] if unit.lead else ""


def _penalty(unit: Unit) -> float:
    short = len(terms(unit.said)) < 3  # noqa: PLR2004
    asks = fold(unit.text).rstrip("*_ ").endswith("?")
    aside = bool(_REFERENCES.match(fold(unit.section)))
    return 0.4 * (unit.broken + aside) + 0.2 * (
        short + asks + bool(_OF_ITSELF.match(fold(unit.text))) + (unit.kind is UnitKind.CODE)
    )
