"""Cuts a passage (Markdown) into what can be quoted: sentences, list items, table rows and code blocks."""

import re
from collections.abc import Iterator
from enum import Enum

from attrs import evolve, frozen

from sophia.domain.knowledge import ChunkKind, Passage

__all__ = ["Unit", "UnitKind", "cells", "units"]


class UnitKind(Enum):
    """What a unit is made of."""

    SENTENCE = "sentence"
    ITEM = "item"
    ROW = "row"
    CODE = "code"


@frozen
class Unit:
    """The smallest thing that is quoted.

    Attributes:
        rank: of the passage in the turn.
        start: first code point, within the text of the passage.
        end: one past the last.
        text: the slice, as it stands.
        block: number of the paragraph, list or table it belongs to, within the passage.
        section: the heading it stands under.
        header: of a row, the cells of the table's header.
        lead: of an item, row or code block, the sentence that introduces it (``…:``).
        broken: begins or ends in the middle of a sentence, because the passage does.
    """

    rank: int
    start: int
    end: int
    text: str
    kind: UnitKind
    block: int
    section: str = ""
    header: tuple[str, ...] = ()
    lead: tuple[int, int] | None = None
    broken: bool = False

    @property
    def said(self) -> str:
        """The text without the addresses that its links point to."""
        return _TARGET.sub("", self.text)


_FENCE = re.compile(r"[ \t]*(?:```|~~~)")
_HEADING = re.compile(r"\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$")
_NUMBERED_HEADING = re.compile(r"\s*\d{1,2}(?:\.\d{1,2})*\.?\s+[^\W\d_][^.:;!?|]{2,70}$")
_BOLD_LINE = re.compile(r"\s*(?:\*\*|__)([^*_]{2,90}?)(?<![.!?]):?(?:\*\*|__):?\s*$")
_BULLET = re.compile(r"(\s*)(?:[-*+•‣]|\d{1,3}[.)])\s+(?=\S)")
_DELIMITER = re.compile(r"\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?\s*$")
_NOISE = re.compile(
    r"\s*(?:<[^>]*>\s*)*(?:!\[[^\]]*\]\([^)]*\)\S*\s*)*(?:[-*_]\s*){0,}(?:(?:P[aá]gina|Page)\s+\d+)?\s*$"
)
_TARGET = re.compile(r"(?<=\])\([^)]*\)")
_LINK = re.compile(r"!?\[[^\]]*\]\([^)]*\)|<?https?://\S+")
_STOP = re.compile(r"(?<=[.!?…])[\"'»”’)\]*_`]*\s+(?=[\"'«“‘(\[*_`¿¡]*[A-ZÁÉÍÓÚÜÑ\d])")
_ABBREVIATED = re.compile(
    r"(?:^|[\s(«“\"*_])(?:p|ej|e\.g|i\.e|etc|art|arts|n[uú]m|no|p[aá]gs?|fig|vs|dr|dra|sr|sra|mr|mrs|ms|inc|cf|aprox|"
    r"approx|rev|sec|vol|ver|ee|uu|[A-Z])\.[*_]*$",
    re.IGNORECASE,
)
_LIST_NUMBER = re.compile(r"(?:^|\n)\s*\d{1,3}\.$")
_SENTENCE_CLOSE = re.compile(r"[.!?…:;][\"'»”’)\]*_`]*$")
_LONGEST_ITEM = 320
_FEWEST_LETTERS = 25


def units(passage: Passage, rank: int) -> list[Unit]:
    """The units of a passage, in order. Headings, rules, pictures and bare lists of links are none."""
    found: list[Unit] = []
    section = passage.heading[-1] if passage.heading else ""
    bare_code = passage.kind is ChunkKind.CODE and not _FENCE.search(passage.text)
    for block, (kind, lines) in enumerate(_blocks(passage.text, fenced=bare_code)):
        if kind == "heading":
            section = _title(lines[0][2])
            continue
        start, end = lines[0][0], lines[-1][1]
        before = found[-1] if found and found[-1].section == section else None
        lead = _lead(before, kind)
        common = Unit(rank, start, end, "", UnitKind.CODE, block, section, (), lead)
        if kind == "code":
            found.append(evolve(common, text=passage.text[start:end]))
        elif kind == "table":
            found.extend(_rows(common, lines))
        elif kind == "item":
            found.extend(_item(evolve(common, block=_list_of(before, block)), passage.text))
        else:
            found.extend(_sentences(evolve(common, kind=UnitKind.SENTENCE, lead=None), passage.text))
    led = {unit.lead for unit in found}
    # What introduces something that is not here, in another passage say, is no use by itself.
    return [u for u in found if u.text.strip() and not (_introduces(u) and (u.start, u.end) not in led)]


def _introduces(unit: Unit) -> bool:
    return unit.text.rstrip("*_ ").endswith(":")


_Line = tuple[int, int, str]


def _blocks(text: str, *, fenced: bool) -> Iterator[tuple[str, list[_Line]]]:
    """Paragraphs, items, tables, code blocks and headings, each as its lines with their places."""
    kind, lines = "code" if fenced else "", list[_Line]()
    position = 0
    for raw in text.splitlines(keepends=True):
        stripped = raw.rstrip()
        line = (position, position + len(stripped), stripped)
        position += len(raw)
        if _FENCE.match(stripped):
            if not fenced and lines:
                yield kind, lines
                lines = []
            kind, fenced = "code", not fenced
            lines.append(line)
            if not fenced:
                yield kind, lines
                lines = []
            continue
        if fenced:
            lines.append(line)
            continue
        now = _kind(stripped, kind if lines else "")
        if lines and (now != kind or now in ("item", "heading")) and now != "more":
            yield kind, lines
            lines = []
        if now == "":
            continue
        if now != "more":
            kind = now
        lines.append(line)
    if lines:
        yield kind, lines


def _kind(line: str, open_kind: str) -> str:
    """What a line begins; ``more``: it goes on with the open block; empty: it is nothing."""
    if not line.strip() or (_NOISE.match(line) and not _DELIMITER.match(line)):
        return ""
    if line.lstrip().startswith("|") or (open_kind == "table" and "|" in line):
        return "table"
    if _HEADING.match(line) or _BOLD_LINE.match(line) or (not open_kind and _NUMBERED_HEADING.match(line)):
        return "heading"
    if _BULLET.match(line):
        return "item"
    return "more" if open_kind in ("item", "prose") else "prose"


def _title(line: str) -> str:
    for pattern in (_HEADING, _BOLD_LINE):
        if match := pattern.match(line):
            return match[1]
    return line.strip()


def _lead(before: Unit | None, kind: str) -> tuple[int, int] | None:
    """Where the sentence stands that introduces what comes after ``before``."""
    if before is None:
        return None
    if _introduces(before):
        return before.start, before.end
    return before.lead if kind == "item" and before.kind is UnitKind.ITEM else None


def _list_of(before: Unit | None, block: int) -> int:
    """Items one after another belong to one list."""
    return before.block if before is not None and before.kind is UnitKind.ITEM else block


def _rows(common: Unit, lines: list[_Line]) -> Iterator[Unit]:
    header: tuple[str, ...] = ()
    if len(lines) > 1 and _DELIMITER.match(lines[1][2]):
        header, lines = cells(lines[0][2]), lines[2:]
    for start, end, line in lines:
        if any(cells(line)) and not _DELIMITER.match(line):
            left = start + len(line) - len(line.lstrip())
            yield evolve(common, start=left, end=end, text=line.strip(), kind=UnitKind.ROW, header=header)


def cells(row: str) -> tuple[str, ...]:
    """The cells of a row of a Markdown table."""
    return tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip().removeprefix("|").removesuffix("|")))


def _item(common: Unit, text: str) -> Iterator[Unit]:
    bullet = _BULLET.match(text, common.start, common.end)
    start = bullet.end() if bullet else common.start
    body = text[start : common.end]
    if _is_reference(body):
        return
    whole = evolve(common, start=start, text=body, kind=UnitKind.ITEM)
    if len(body) <= _LONGEST_ITEM:
        yield whole
        return
    yield from (evolve(part, kind=UnitKind.ITEM, block=common.block) for part in _sentences(whole, text))


def _is_reference(text: str) -> bool:
    """Whether there is little but links in it: it points elsewhere and says nothing itself."""
    letters = sum(c.isalpha() for c in _LINK.sub("", text))
    return letters < _FEWEST_LETTERS if _LINK.search(text) else letters == 0


def _sentences(common: Unit, text: str) -> Iterator[Unit]:
    start = common.start
    stops = [m.end() for m in _STOP.finditer(text, common.start, common.end)]
    for stop in [*stops, common.end]:
        piece = text[start:stop]
        body = piece.rstrip()
        if stop != common.end and (_ABBREVIATED.search(body) or _LIST_NUMBER.search(body)):
            continue
        left = start + len(piece) - len(piece.lstrip())
        start, end = stop, start + len(body)
        if left >= end or _is_reference(text[left:end]):
            continue
        opens_low = left == 0 and text[left].islower()
        ends_open = end == len(text.rstrip()) and not _SENTENCE_CLOSE.search(text[left:end])
        yield evolve(common, start=left, end=end, text=text[left:end], broken=opens_low or ends_open)
