"""Cutting a stretch of text that is too large to keep whole, where it hurts least."""

import re
from collections.abc import Callable, Iterator, Sequence

from sophia.domain.knowledge import ChunkKind
from sophia.domain.markdown import TABLE_DELIMITER, Span

__all__ = ["cut_block"]

Cutter = Callable[[str, int, int], list[int]]


def _rows(text: str, start: int, end: int) -> list[int]:
    """Cuts before each row of a pipe table, but not below its header."""
    cuts = _lines(text, start, end)
    header = (
        cuts[:1]
        and text[start : cuts[0]]
        and TABLE_DELIMITER.issuperset(text[cuts[0] : cuts[0] + 200].split("\n", 1)[0])
    )
    return cuts[2:] if header else cuts


def _html_rows(text: str, start: int, end: int) -> list[int]:
    cuts = [found.end() for found in re.compile(r"</tr\s{0,9}>", re.IGNORECASE).finditer(text, start, end)]
    return cuts[1:]


def _lines(text: str, start: int, end: int) -> list[int]:
    return [found.end() for found in re.compile(r"\n").finditer(text, start, end)]


def _blank_lines(text: str, start: int, end: int) -> list[int]:
    return [found.end() for found in re.compile(r"\n[ \t]*\n").finditer(text, start, end)]


_MARKED_LINE = re.compile(r"^([ \t]*)(?:[-*+•]|\d{1,9}[.)])[ \t]", re.MULTILINE)


def _top_items(text: str, start: int, end: int) -> list[int]:
    items = list(_MARKED_LINE.finditer(text, start, end))
    edge = min((len(item.group(1)) for item in items), default=0)
    return [item.start() for item in items if len(item.group(1)) <= edge + 1]


def _items(text: str, start: int, end: int) -> list[int]:
    return [item.start() for item in _MARKED_LINE.finditer(text, start, end)]


_SENTENCE = re.compile(r"[.!?…][\"'»”’)\]*_`]{0,4}\s+(?=[\"'«“‘(\[*_`¿¡A-ZÁÉÍÓÚÜÑ0-9])")
_ABBREVIATIONS = frozenset(
    {
        *(
            "sr",
            "sra",
            "srta",
            "dr",
            "dra",
            "dña",
            "ud",
            "uds",
            "núm",
            "num",
            "nº",
            "pág",
            "pag",
            "págs",
            "art",
            "arts",
        ),
        *("apdo", "cap", "fig", "aprox", "máx", "mín", "tel", "avda", "ee", "uu", "vs", "mr", "mrs", "ms", "prof"),
        *("nos", "figs", "vol", "pp", "e.g", "i.e", "cf", "inc", "ltd", "corp", "jr", "approx"),
    }
)


def _sentences(text: str, start: int, end: int) -> list[int]:
    """Cuts after each sentence; after each line where the lines read like records (a log)."""
    lines = _lines(text, start, end)
    if len(lines) > 2 and 2 * sum(text[cut : cut + 1] in "0123456789[{<" for cut in lines) > len(lines):  # noqa: PLR2004
        return lines
    return [
        found.end()
        for found in _SENTENCE.finditer(text, start, end)
        if not _is_abbreviation(text, start, found.start())
    ]


def _is_abbreviation(text: str, start: int, stop: int) -> bool:
    if text[stop] != ".":
        return False
    before = text[max(start, stop - 12) : stop].split()
    word = before[-1].lstrip("(«\"'¿¡*_") if before else ""
    return word.lower() in _ABBREVIATIONS or (len(word) == 1 and word.isalpha())


_CUTTERS: dict[ChunkKind, tuple[Cutter, ...]] = {
    ChunkKind.PROSE: (_sentences, _lines),
    ChunkKind.LIST: (_top_items, _items, _blank_lines, _sentences, _lines),
    ChunkKind.TABLE: (_rows, _lines),
    ChunkKind.CODE: (_blank_lines, _lines),
}


def cut_block(
    text: str, start: int, end: int, kind: ChunkKind, goal: int, limit: int, *, html: bool = False
) -> Iterator[Span]:
    """A stretch of one kind in pieces of about ``goal`` and at most ``limit`` code points.

    Tables are cut between rows, lists between items, code at blank lines, prose between sentences; what has none
    of these at lines, and at last anywhere. The pieces follow one another without a gap.
    """
    return _pieces(text, start, end, (_html_rows, _lines) if html else _CUTTERS[kind], goal, limit)


def _pieces(text: str, start: int, end: int, cutters: Sequence[Cutter], goal: int, limit: int) -> Iterator[Span]:
    """A stretch in pieces of about ``goal`` and at most ``limit``, cut by the first cutter that helps."""
    if end - start <= limit:
        yield start, end
        return
    if not cutters:
        yield from _anywhere(text, start, end, goal)
        return
    held = start
    previous = start
    for cut in [*(cut for cut in cutters[0](text, start, end) if start < cut < end), end]:
        if cut - held > goal and previous > held:
            yield from _pieces(text, held, previous, cutters[1:], goal, limit)
            held = previous
        previous = cut
    yield from _pieces(text, held, end, cutters[1:], goal, limit)


def _anywhere(text: str, start: int, end: int, goal: int) -> Iterator[Span]:
    """The last resort, for lines without end: behind a bracket or semicolon, at a space, or just there."""
    while end - start > goal:
        half, full = start + goal // 2, start + goal
        best = max((text.rfind(mark, half, full) for mark in ";})]>"), default=-1)
        best = max(text.rfind(" ", half, full), best if best > half else -1)
        cut = best + 1 if best >= half else full
        yield start, cut
        start = cut
    yield start, end
