"""How a document's text is cut into the chunks that are searched and cited.

The text is read as Markdown: sections are found by their headings, and within a section the blocks (paragraphs,
lists, tables, code) are kept whole where they fit. Everything is linear in the length of the text, whatever it is.
"""

from collections.abc import Iterator

from attrs import define, frozen

from sophia.domain.cutting import cut_block
from sophia.domain.knowledge import Chunk, ChunkKind
from sophia.domain.markdown import Block, Heading, read_markdown, trimmed

__all__ = ["CHUNKER_VERSION", "chunk"]

CHUNKER_VERSION = "1"
"""Raised whenever the same text may be cut differently."""

TINY = 160
"""A section this short (heading line included) may share a chunk with its neighbours."""

SCRAP = 200
"""A piece this short is rather joined to its neighbour than left alone, as long as the limit holds."""


@define
class _Section:
    path: tuple[str, ...]
    heading: Heading | None
    parent: int
    blocks: list[Block]

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


def _sections(text: str) -> list[_Section]:
    sections = [_Section((), None, -1, [])]
    open_sections: list[tuple[int, int]] = []
    for item in read_markdown(text):
        if isinstance(item, Block):
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


def _units(text: str, blocks: list[Block], target: int, limit: int) -> Iterator[_Unit]:
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


def _block_units(text: str, block: Block, target: int, limit: int) -> Iterator[_Unit]:
    kind = block.kind or ChunkKind.PROSE
    length = block.end - block.start
    if length <= limit:
        yield _Unit(block.start, block.end, kind)
        return
    goal = -(-length // -(-length // target))
    pieces = [
        trimmed(text, start, end, keep_indent=kind in (ChunkKind.CODE, ChunkKind.LIST))
        for start, end in cut_block(
            text, block.start, block.end, kind, min(target, goal + goal // 8), limit, html=block.html
        )
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
