"""How a document's text is cut into the chunks that are searched and cited.

The text is read as Markdown (CommonMark 0.31 and GFM tables, read loosely): sections are found by their headings, and
within a section the blocks (paragraphs, lists, tables, code) are kept whole where they fit. Everything is linear in
the length of the text, whatever the text is.
"""

import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter

from attrs import define, frozen

from sophia.domain.knowledge import Chunk, ChunkKind

__all__ = ["CHUNKER_VERSION", "chunk", "first_heading"]

CHUNKER_VERSION = "1"
"""Raised whenever the same text may be cut differently."""

TINY = 160
"""A section this short (heading line included) may share a chunk with its neighbours."""

SCRAP = 200
"""A piece this short is rather joined to its neighbour than left alone, as long as the limit holds."""

MAX_TITLE = 200
RULE_LENGTH = 3

Span = tuple[int, int]
Cutter = Callable[[str, int, int], list[int]]


@frozen
class _Block:
    """A stretch of the text; ``kind`` is None where there is nothing to search (a rule, an image, a comment)."""

    kind: ChunkKind | None
    start: int
    end: int
    html: bool = False
    lead_in: bool = False


@frozen
class _Heading:
    level: int
    title: str
    start: int
    end: int


@define
class _Section:
    path: tuple[str, ...]
    heading: _Heading | None
    parent: int
    blocks: list[_Block]

    @property
    def has_words(self) -> bool:
        return any(block.kind for block in self.blocks)

    @property
    def start(self) -> int:
        return self.heading.start if self.heading else self.blocks[0].start

    @property
    def end(self) -> int:
        words = [block for block in self.blocks if block.kind]
        return words[-1].end if words else self.heading.end if self.heading else self.start


@frozen
class _Unit:
    """What packing never tears apart; ``closed`` ones begin or end a block that was too large to keep whole."""

    start: int
    end: int
    kind: ChunkKind
    opens: bool = False
    closes: bool = False


def chunk(text: str, *, target: int = 900, limit: int = 1200) -> tuple[Chunk, ...]:
    """The chunks of a text, in order, without overlap.

    Together they hold every word that stands outside heading lines and outside blocks of mere markup (rules, images,
    tags, comments). A heading is never a chunk by itself: it is in the ``heading`` of the chunks below it.

    Args:
        text: Markdown, its lines ended by line feeds.
        target: code points up to which neighbouring blocks of one section are joined.
        limit: code points that no chunk exceeds.

    Raises:
        ValueError: ``target`` is not between 1 and ``limit``.
    """
    if not 1 <= target <= limit:
        raise ValueError("target must be between 1 and limit")
    chunks: list[Chunk] = []
    for group in _groups(_sections(text), target):
        path, units = _units_of(text, group, target, limit)
        for start, end, kind in _packed(units, target, limit):
            chunks.append(
                Chunk(ordinal=len(chunks), start=start, end=end, text=text[start:end], heading=path, kind=kind)
            )
    return tuple(chunks)


def first_heading(text: str) -> str:
    """The first heading of a Markdown text, cleaned of markup; empty where there is none."""
    return next((item.title for item in _read(text) if isinstance(item, _Heading) and item.title), "")


# --- sections


def _sections(text: str) -> list[_Section]:
    sections = [_Section((), None, -1, [])]
    open_sections: list[tuple[int, int]] = []
    for item in _read(text):
        if isinstance(item, _Block):
            sections[-1].blocks.append(item)
            continue
        while open_sections and open_sections[-1][0] >= item.level:
            open_sections.pop()
        parent = open_sections[-1][1] if open_sections else 0
        above = sections[parent].path if open_sections else ()
        sections.append(_Section((*above, item.title) if item.title else above, item, parent, []))
        open_sections.append((item.level, len(sections) - 1))
    return sections


def _groups(sections: list[_Section], target: int) -> Iterator[list[_Section]]:
    """Sections one by one, but tiny neighbours of one parent together, so that their titles give them context."""
    parents = {section.parent for section in sections}
    group: list[tuple[int, _Section]] = []
    for index, section in enumerate(sections):
        is_leaf = index not in parents
        if not section.has_words and not (is_leaf and section.heading and section.heading.title):
            continue
        if group and not _belongs(group, section, target):
            yield from _settled(group)
            group = []
        group.append((index, section))
    yield from _settled(group)


def _belongs(group: list[tuple[int, _Section]], section: _Section, target: int) -> bool:
    first_index, first = group[0]
    related = section.parent in (first.parent, first_index) and (first.heading is not None)
    siblings = section.parent == group[-1][1].parent or section.parent == group[-1][0] == first_index
    tiny = max(section.end - section.start, group[-1][1].end - group[-1][1].start) <= TINY
    return related and siblings and tiny and section.end - first.start <= target


def _settled(group: list[tuple[int, _Section]]) -> Iterator[list[_Section]]:
    sections = [section for _, section in group]
    if len(sections) > 1 or (sections and sections[0].has_words):
        yield sections


# --- reading Markdown

_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_ATX = re.compile(r" {0,3}(#{1,6})(?=[ \t]|$)")
_ITEM = re.compile(r"([ \t]*)(?:[-*+•]|\d{1,9}[.)])(?=[ \t]|$)")
_RAW = re.compile(r" {0,3}<(table|pre|script|style|textarea)\b", re.IGNORECASE)
_DELIMITER = frozenset("|:- \t")
_SETEXT_LINES = 3


class _Reader:
    """The lines of a text and where they are; finds the blocks one after the other."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines: list[Span] = []
        start = 0
        while start <= len(text):
            end = text.find("\n", start)
            end = len(text) if end < 0 else end
            self.lines.append((start, end))
            start = end + 1
        self.stripped = [text[start:end].strip() for start, end in self.lines]
        # What is never closed is looked for once, not once a line.
        self._unclosed: dict[str, int] = {}
        self._comment = -1

    def line(self, index: int) -> str:
        start, end = self.lines[index]
        return self.text[start:end]

    def is_indented(self, index: int) -> bool:
        return self.line(index)[:4].replace("\t", "    ")[:4] == "    "

    def is_rule(self, index: int) -> bool:
        marks = self.stripped[index].replace(" ", "").replace("\t", "")
        return len(marks) >= RULE_LENGTH and marks[0] in "-*_" and marks.count(marks[0]) == len(marks)

    def is_table(self, index: int) -> bool:
        line = self.stripped[index]
        if "|" not in line or line == "|":
            return False
        below = self.stripped[index + 1] if index + 1 < len(self.lines) else ""
        has_delimiter = "-" in below and "|" in below and _DELIMITER.issuperset(below)
        return has_delimiter or (line[0] == "|" and (line[-1] == "|" or below[:1] == "|"))

    def closing_fence(self, index: int) -> int | None:
        """The line that closes the fence opened at a line, if any does."""
        fence = _FENCE.match(self.line(index))
        mark = fence.group(1) if fence else "```"
        if index >= self._unclosed.get(mark, len(self.lines)):
            return None
        for after in range(index + 1, len(self.lines)):
            line = self.stripped[after]
            if line.startswith(mark) and line.count(mark[0]) == len(line):
                return after
        self._unclosed[mark] = index
        return None

    def is_fence(self, index: int) -> bool:
        mark = _FENCE.match(self.line(index))
        # An info string holds no backtick: otherwise it is inline code.
        return mark is not None and (mark.group(1)[0] == "~" or "`" not in self.stripped[index].lstrip("`"))

    def starts_block(self, index: int) -> bool:
        """Whether a line ends the paragraph above it."""
        line = self.stripped[index]
        if line[0] in "#`~<>|*-+_•0123456789" or "|" in line:
            return (
                line[0] == ">"
                or _ATX.match(self.line(index)) is not None
                or self.is_fence(index)
                or self.is_rule(index)
                or self.is_table(index)
                or _RAW.match(self.line(index)) is not None
                or line.startswith("<!--")
                or self.is_item(index)
            )
        return False

    def is_item(self, index: int) -> bool:
        if self.is_rule(index) or not (item := _ITEM.match(self.line(index))):
            return False
        return len(item.group()) < len(self.line(index).rstrip())

    def raw_end(self, index: int, tag: str) -> int | None:
        """The line on which a raw HTML element that opens on a line is closed."""
        if index >= self._unclosed.get(tag, len(self.lines)):
            return None
        depth, last = 0, None
        for found in re.compile(rf"<(/?){tag}\b", re.IGNORECASE).finditer(self.text, self.lines[index][0]):
            depth += -1 if found.group(1) else 1
            if found.group(1):
                last = found.start()
                if depth <= 0:
                    break
        if last is None:
            self._unclosed[tag] = index
            return None
        return self._line_at(last)

    def comment_end(self, index: int) -> int | None:
        """The line that a comment ends on, when nothing follows it there."""
        start = self.lines[index][0]
        if self._comment < start:
            found = self.text.find("-->", start)
            self._comment = len(self.text) + 1 if found < 0 else found
        if self._comment > len(self.text):
            return None
        last = self._line_at(self._comment)
        return last if self.stripped[last].endswith("-->") else None

    def _line_at(self, offset: int) -> int:
        return bisect_right(self.lines, offset, key=itemgetter(0)) - 1


def _read(text: str) -> Iterator[_Block | _Heading]:
    reader = _Reader(text)
    index = 0
    while index < len(reader.lines):
        if not reader.stripped[index]:
            index += 1
            continue
        item, index = _next(reader, index)
        yield item


def _next(reader: _Reader, index: int) -> tuple[_Block | _Heading, int]:
    """What begins on a line that is not blank, and the line after it."""
    line = reader.line(index)
    if reader.is_indented(index):
        return _code(reader, index, _while(reader, index, reader.is_indented, over_blank=True))
    if atx := _ATX.match(line):
        start, end = reader.lines[index]
        title = _clean(line[atx.end() :].strip().rstrip("#") if line.rstrip().endswith("#") else line[atx.end() :])
        return _Heading(len(atx.group(1)), title, start, end), index + 1
    if reader.is_fence(index):
        close = reader.closing_fence(index)
        return _code(reader, index, len(reader.lines) if close is None else close + 1)
    if reader.is_rule(index):
        return _block(reader, None, index, index + 1), index + 1
    if (raw := _RAW.match(line)) and (last := reader.raw_end(index, raw.group(1))) is not None:
        is_table = raw.group(1).lower() == "table"
        kind = ChunkKind.TABLE if is_table else ChunkKind.CODE
        return _block(reader, kind, index, last + 1, html=is_table), last + 1
    if line.lstrip().startswith("<!--") and (last := reader.comment_end(index)) is not None:
        return _block(reader, None, index, last + 1), last + 1
    if reader.is_table(index):
        after = _while(reader, index, lambda at: "|" in reader.stripped[at] and not _ATX.match(reader.line(at)))
        return _block(reader, ChunkKind.TABLE, index, after), after
    if reader.is_item(index):
        after = _list_end(reader, index)
        return _block(reader, ChunkKind.LIST, index, after), after
    return _paragraph(reader, index)


def _while(reader: _Reader, index: int, holds: Callable[[int], bool], *, over_blank: bool = False) -> int:
    after = index + 1
    at = after
    while at < len(reader.lines):
        if reader.stripped[at]:
            if not holds(at):
                break
            after = at + 1
        elif not over_blank:
            break
        at += 1
    return after


def _list_end(reader: _Reader, index: int) -> int:
    after = index
    at = index
    blank = False
    while at < len(reader.lines):
        if not reader.stripped[at]:
            blank = True
            at += 1
            continue
        inside = reader.line(at)[:2].isspace() or reader.line(at)[:1] == "\t"
        is_item = reader.is_item(at)
        if at > index and not (is_item or inside or (not blank and not reader.starts_block(at))):
            break
        close = reader.closing_fence(at) if reader.is_fence(at) else None
        at = after = at + 1 if close is None else close + 1
        blank = False
    return after


def _paragraph(reader: _Reader, index: int) -> tuple[_Block | _Heading, int]:
    quoted = reader.stripped[index][0] == ">"
    after = index + 1
    while after < len(reader.lines) and (line := reader.stripped[after]):
        is_underline = not quoted and line[0] in "=-" and line.count(line[0]) == len(line) and len(line) > 1
        if is_underline and not reader.is_indented(after) and after - index <= _SETEXT_LINES:
            start, end = reader.lines[index][0], reader.lines[after][1]
            title = _clean(reader.text[start : reader.lines[after - 1][1]])
            return _Heading(1 if line[0] == "=" else 2, title, start, end), after + 1
        if reader.starts_block(after) and not (quoted and line[0] == ">"):
            break
        after += 1
    return _block(reader, ChunkKind.PROSE, index, after), after


def _code(reader: _Reader, index: int, after: int) -> tuple[_Block, int]:
    block = _block(reader, ChunkKind.CODE, index, after)
    return block, after


def _block(reader: _Reader, kind: ChunkKind | None, index: int, after: int, *, html: bool = False) -> _Block:
    start, end = reader.lines[index][0], reader.lines[after - 1][1]
    start, end = _trimmed(reader.text, start, end, keep_indent=kind in (ChunkKind.CODE, ChunkKind.LIST))
    if kind and not _has_words(reader.text, start, end, kind):
        kind = None
    lead_in = kind is ChunkKind.PROSE and _leads_in(
        reader.text[max(start, end - 4) : end], reader.text[start : start + 2]
    )
    return _Block(kind, start, end, html, lead_in)


def _leads_in(tail: str, head: str) -> bool:
    """Whether a paragraph announces the next block: by a colon, or as a bold line that stands for a heading."""
    return tail.rstrip("*_` ").endswith((":", ":")) or (head in ("**", "__") and tail.endswith(head))


_MARKUP = re.compile(
    r"!\[[^\]\n]{0,300}\](?:\([^()\n]{0,600}\)|\[[^\]\n]{0,100}\])|<[^<>\n]{1,600}>"
    r"|\{:?[^{}\n]{0,200}\}|\[\]\([^()\n]{0,600}\)"
)


def _has_words(text: str, start: int, end: int, kind: ChunkKind) -> bool:
    head = text[start : min(end, start + 4000)]
    if kind is ChunkKind.PROSE and end - start <= len(head):
        head = _MARKUP.sub(" ", _MARKUP.sub(" ", head))
        return any(map(str.isalnum, head))
    return any(map(str.isalnum, text[start:end]))


_IMAGE = re.compile(r"!\[([^\]\n]{0,300})\](?:\([^()\n]{0,600}\)|\[[^\]\n]{0,100}\])")
_LINK = re.compile(r"\[([^\[\]\n]{0,300})\](?:\([^()\n]{0,600}\)|\[[^\]\n]{0,100}\])")
_ATTRIBUTES = re.compile(r"\{:?[ \t]*[.#a-zA-Z][^{}\n]{0,200}\}[ \t]*$")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,300}>")
_EMPHASIS = re.compile(r"(?<![^\W_])(\*{1,3}|_{1,3}|~~|`+)(?=\S)|(?<=\S)(\*{1,3}|_{1,3}|~~|`+)(?![^\W_])")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def _clean(title: str) -> str:
    title = _ATTRIBUTES.sub("", title[: 10 * MAX_TITLE].strip())
    title = _TAG.sub("", _LINK.sub(r"\1", _IMAGE.sub("", title)))
    title = html.unescape(_ESCAPE.sub(r"\1", _EMPHASIS.sub("", title)))
    return " ".join(title.split())[:MAX_TITLE].strip()


# --- cutting what is too large


def _rows(text: str, start: int, end: int) -> list[int]:
    """Cuts before each row of a pipe table, but not below its header."""
    cuts = _lines(text, start, end)
    header = (
        cuts[:1] and text[start : cuts[0]] and _DELIMITER.issuperset(text[cuts[0] : cuts[0] + 200].split("\n", 1)[0])
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


# --- packing


def _units_of(text: str, group: list[_Section], target: int, limit: int) -> tuple[tuple[str, ...], list[_Unit]]:
    if len(group) == 1:
        return group[0].path, list(_units(text, group[0].blocks, target, limit))
    path = group[0].path
    for section in group[1:]:
        shared = sum(1 for a, b in zip(path, section.path, strict=False) if a == b)
        path = path[: min(shared, len(section.path) - 1)]
    blocks = [block for section in group for block in section.blocks if block.kind]
    kind = _majority((block.kind, block.end - block.start) for block in blocks if block.kind)
    own_body = path == group[0].path and group[0].has_words
    start = next(block.start for block in group[0].blocks if block.kind) if own_body else group[0].start
    return path, [_Unit(start, group[-1].end, kind)]


def _units(text: str, blocks: list[_Block], target: int, limit: int) -> Iterator[_Unit]:
    lead: _Unit | None = None
    for block in blocks:
        if block.kind is None:
            continue
        units = list(_block_units(text, block, target, limit))
        if lead and units:
            if units[0].end - lead.start <= limit:
                units[0] = _Unit(lead.start, units[0].end, units[0].kind, units[0].opens, units[0].closes)
            else:
                yield lead
        lead = units.pop() if block.lead_in and len(units) == 1 else None
        yield from units
    if lead:
        yield lead


def _block_units(text: str, block: _Block, target: int, limit: int) -> Iterator[_Unit]:
    kind = block.kind or ChunkKind.PROSE
    length = block.end - block.start
    if length <= limit:
        yield _Unit(block.start, block.end, kind)
        return
    goal = -(-length // -(-length // target))
    cutters = (_html_rows, _lines) if block.html else _CUTTERS[kind]
    pieces = [
        _trimmed(text, start, end, keep_indent=kind in (ChunkKind.CODE, ChunkKind.LIST))
        for start, end in _pieces(text, block.start, block.end, cutters, min(target, goal + goal // 8), limit)
    ]
    spans = [(start, end) for start, end in pieces if any(map(str.isalnum, text[start:end]))]
    for index, (start, end) in enumerate(spans):
        yield _Unit(start, end, kind, opens=index == 0, closes=index == len(spans) - 1)


def _packed(units: list[_Unit], target: int, limit: int) -> Iterator[tuple[int, int, ChunkKind]]:
    held: list[_Unit] = []
    for unit in units:
        if held and not _joins(held, unit, target, limit):
            yield _sealed(held)
            held = []
        held.append(unit)
    if held:
        yield _sealed(held)


def _joins(held: list[_Unit], unit: _Unit, target: int, limit: int) -> bool:
    start, last = held[0].start, held[-1]
    is_scrap = last.end - start < SCRAP or unit.end - unit.start < SCRAP
    if (unit.opens or last.closes) and not is_scrap:
        return False
    return unit.end - start <= (limit if is_scrap else target)


def _sealed(held: list[_Unit]) -> tuple[int, int, ChunkKind]:
    return held[0].start, held[-1].end, _majority((unit.kind, unit.end - unit.start) for unit in held)


def _majority(parts: Iterator[tuple[ChunkKind, int]]) -> ChunkKind:
    sizes: dict[ChunkKind, int] = {}
    for kind, size in parts:
        sizes[kind] = sizes.get(kind, 0) + size
    return max(sizes, key=lambda kind: sizes[kind], default=ChunkKind.PROSE)


def _trimmed(text: str, start: int, end: int, *, keep_indent: bool) -> Span:
    """Without the white space around it; the first line of code keeps its indentation."""
    while end > start and text[end - 1].isspace():
        end -= 1
    first = start
    while first < end and text[first].isspace():
        first += 1
    if keep_indent:
        line = text.rfind("\n", start, first) + 1
        return max(start, line), end
    return first, end
