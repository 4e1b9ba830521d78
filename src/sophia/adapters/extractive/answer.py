"""Chooses which units to quote, and in which groups and order they are read."""

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from attrs import frozen

from sophia.adapters.extractive.expected import Expected, expected, holds
from sophia.adapters.extractive.selection import Scored
from sophia.adapters.extractive.units import Unit, UnitKind, units
from sophia.adapters.extractive.words import fold, terms
from sophia.domain.knowledge import Passage

__all__ = ["Group", "choose", "runs"]

_LONGEST_LIST = 8
_LONGEST_LIST_TEXT = 1200
_SHORT_SECTION = 700
_SHORT_PARAGRAPH = 330
_SAME = 0.7
_APART = 0.8
_TOGETHER = 0.5
_GAP = 40
_LEANS = re.compile(
    r"\W*(?:est[eao]s?|es[eao]s?|ello|ademas|tambien|sin embargo|por (?:tanto|ello|eso)|asimismo|dich[oa]s?|entonces"
    r"|en (?:ese|tal) caso|de lo contrario|amb[oa]s|it|this|these|those|that|they|however|therefore|also|in addition"
    r"|both|such|then|otherwise|the (?:latter|former))\b"
)


@frozen
class Group:
    """Units of one passage that are read together, in the order of the document."""

    passage: Passage
    units: tuple[Unit, ...]


def choose(
    question: str,
    ranked: Sequence[Scored],
    passages: Sequence[Passage],
    *,
    most: int = 3,
    margin: float = 0.55,
    room: int = 900,
) -> list[Group]:
    """The units to quote: the best one and what belongs to it, then others as good; the best passage comes first.

    Args:
        question: as it can be understood alone.
        ranked: best first, at least one.
        passages: of the turn.
        most: how many units are chosen by their score; what they cannot be read without comes on top.
        margin: how far below the best score a unit may lie; less in another passage than the best one's.
        room: about how many characters are quoted.
    """
    best = ranked[0]
    pages = {
        rank: _Page(question, passage.title, ranked, units(passage, rank)) for rank, passage in enumerate(passages)
    }
    taken = pages[best.unit.rank].section(best.unit)
    chosen = min(len(taken), 1)
    for scored in ranked:
        apart = scored.unit.rank != best.unit.rank
        if chosen >= most or scored.score < best.score - (_APART * margin if apart else margin):
            break
        family = [unit for unit in pages[scored.unit.rank].paragraph(scored) if unit not in taken]
        if any(_same(scored.unit, other) for other in taken) or (taken and _length(taken + family) > room):
            continue
        taken += family
        chosen += 1
    if shows := _that_shows(expected(question), taken, [s for s in ranked if s.unit.rank == best.unit.rank]):
        taken += [unit for unit in pages[best.unit.rank].paragraph(shows) if unit not in taken]
    home = passages[best.unit.rank].document_id
    order = sorted(dict.fromkeys(unit.rank for unit in taken), key=lambda rank: passages[rank].document_id != home)
    return [
        Group(passages[rank], tuple(sorted((u for u in taken if u.rank == rank), key=lambda u: u.start)))
        for rank in order
    ]


def _that_shows(kind: Expected | None, taken: Sequence[Unit], ranked: Sequence[Scored]) -> Scored | None:
    """The unit that holds the kind of thing that is asked for, where none of those taken does."""
    if kind is None or any(holds(kind, unit.said) for unit in taken):
        return None
    return next((scored for scored in ranked if holds(kind, scored.unit.said)), None)


def runs(group: Group) -> list[tuple[Unit, ...]]:
    """The group's units in stretches that nothing but white space and list signs parts: each is one quote."""
    found = [[group.units[0]]]
    for before, unit in pairwise(group.units):
        between = group.passage.text[before.end : unit.start]
        if len(between) <= _GAP and not any(c.isalpha() for c in between):
            found[-1].append(unit)
        else:
            found.append([unit])
    return [tuple(run) for run in found]


@frozen
class _Page:
    """A passage as its units, and what belongs together in it."""

    question: str
    title: str
    ranked: Sequence[Scored]
    units: Sequence[Unit]

    def section(self, best: Unit) -> list[Unit]:
        """The whole section, where it is short and the question asks for just what its heading names."""
        asked, named = set(terms(self.question)), set(terms(best.section))
        beyond = asked - named - set(terms(self.title))
        inside = [u for u in self.units if u.section == best.section]
        short = _length(inside) <= _SHORT_SECTION and len(inside) <= _LONGEST_LIST
        return inside if named and named <= asked and len(beyond) <= 1 and short else []

    def paragraph(self, scored: Scored) -> list[Unit]:
        """The unit's family and, where it is a sentence, its neighbours as far as that stays short."""
        family = self._family(scored)
        if scored.unit.kind is not UnitKind.SENTENCE:
            return family
        block = [u for u in self.units if u.block == scored.unit.block and u.kind is UnitKind.SENTENCE]
        first = block.index(scored.unit)
        last = first + 1
        while True:
            if last < len(block) and _fits(block[first : last + 1], block[last]):
                last += 1
            elif first and _fits(block[first - 1 : last], block[first - 1]):
                first -= 1
            else:
                break
        return [*family, *(u for u in block[first:last] if u not in family)]

    def _family(self, scored: Scored) -> list[Unit]:
        """The unit with what it cannot be read without."""
        unit = scored.unit
        if introduced := self._introduced_by(unit):
            return [unit, *introduced]
        if unit.kind is UnitKind.SENTENCE:
            place = self.units.index(unit)
            before = self.units[place - 1] if place else None
            if before and before.block == unit.block and _LEANS.match(fold(unit.text)):
                return [before, unit]
            return [unit]
        led = [u for u in self.units if unit.lead == (u.start, u.end)]
        siblings = [u for u in self.units if u.block == unit.block and u.kind is unit.kind]
        if unit.kind is UnitKind.ITEM and self._told_as_one(scored, siblings, led):
            return list(dict.fromkeys([*led, *siblings]))
        return [*led, unit]

    def _introduced_by(self, unit: Unit) -> list[Unit]:
        kept: list[Unit] = []
        for led in [u for u in self.units if u.lead == (unit.start, unit.end)][:_LONGEST_LIST]:
            if _length([*kept, led]) > _LONGEST_LIST_TEXT:
                break
            kept.append(led)
        return kept

    def _told_as_one(self, scored: Scored, siblings: Sequence[Unit], led: Sequence[Unit]) -> bool:
        """Whether the list answers rather than one item of it.

        It does where all that the item has of the question stands in what introduces the list; failing such
        words, where no item is much nearer to the question than the others.
        """
        if not 2 <= len(siblings) <= _LONGEST_LIST or _length(siblings) > _LONGEST_LIST_TEXT:  # noqa: PLR2004
            return False
        asked = set(terms(self.question))
        before = asked & set(terms(" ".join((self.title, scored.unit.section, *(u.said for u in led)))))
        if led and before and asked & set(terms(scored.unit.said)) <= before:
            return True
        others = [s.score for s in self.ranked if s.unit in siblings and s.unit != scored.unit]
        compared = 2 * len(others) >= len(siblings) - 1
        return bool(others) and compared and scored.score - median(others) < _TOGETHER


def _fits(sentences: Sequence[Unit], added: Unit) -> bool:
    return not added.broken and _length(sentences) <= _SHORT_PARAGRAPH


def _same(one: Unit, other: Unit) -> bool:
    a, b = set(terms(one.said)), set(terms(other.said))
    return len(a & b) >= _SAME * min(len(a), len(b)) if a and b else one.text == other.text


def _length(found: Sequence[Unit]) -> int:
    return sum(len(unit.text) for unit in found)
