"""Markdown as headings and blocks: CommonMark 0.31 and GFM tables, read loosely.

Everything is linear in the length of the text, whatever the text is.
"""

import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from operator import itemgetter

from attrs import frozen

from sophia.domain.knowledge import ChunkKind

__all__ = ["TABLE_DELIMITER", "Block", "Heading", "Span", "first_heading", "read_markdown", "trimmed"]

Span = tuple[int, int]
"""First code point, and one past the last."""

TABLE_DELIMITER = frozenset("|:- \t")
"""What the line below a table's header is made of."""


_MAX_TITLE = 200
_RULE_LENGTH = 3


@frozen
class Block:
    """A stretch of the text; ``kind`` is None where there is nothing to search (a rule, an image, a comment)."""

    kind: ChunkKind | None
    start: int
    end: int
    html: bool = False
    lead_in: bool = False


@frozen
class Heading:
    """A heading line; ``title`` is cleaned of markup."""

    level: int
    title: str
    start: int
    end: int


def first_heading(text: str) -> str:
    """The first heading of a Markdown text, cleaned of markup; empty where there is none."""
    return next((item.title for item in read_markdown(text) if isinstance(item, Heading) and item.title), "")


_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_ATX = re.compile(r" {0,3}(#{1,6})(?=[ \t]|$)")
_ITEM = re.compile(r"([ \t]*)(?:[-*+•]|\d{1,9}[.)])(?=[ \t]|$)")
_RAW = re.compile(r" {0,3}<(table|pre|script|style|textarea)\b", re.IGNORECASE)
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
        return len(marks) >= _RULE_LENGTH and marks[0] in "-*_" and marks.count(marks[0]) == len(marks)

    def is_table(self, index: int) -> bool:
        line = self.stripped[index]
        if "|" not in line or line == "|":
            return False
        below = self.stripped[index + 1] if index + 1 < len(self.lines) else ""
        has_delimiter = "-" in below and "|" in below and TABLE_DELIMITER.issuperset(below)
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


def read_markdown(text: str) -> Iterator[Block | Heading]:
    """The headings and blocks of a text, in order."""
    reader = _Reader(text)
    index = 0
    while index < len(reader.lines):
        if not reader.stripped[index]:
            index += 1
            continue
        item, index = _next(reader, index)
        yield item


def _next(reader: _Reader, index: int) -> tuple[Block | Heading, int]:
    """What begins on a line that is not blank, and the line after it."""
    line = reader.line(index)
    if reader.is_indented(index):
        return _code(reader, index, _while(reader, index, reader.is_indented, over_blank=True))
    if atx := _ATX.match(line):
        start, end = reader.lines[index]
        title = _clean(line[atx.end() :].strip().rstrip("#") if line.rstrip().endswith("#") else line[atx.end() :])
        return Heading(len(atx.group(1)), title, start, end), index + 1
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


def _paragraph(reader: _Reader, index: int) -> tuple[Block | Heading, int]:
    quoted = reader.stripped[index][0] == ">"
    after = index + 1
    while after < len(reader.lines) and (line := reader.stripped[after]):
        is_underline = not quoted and line[0] in "=-" and line.count(line[0]) == len(line) and len(line) > 1
        if is_underline and not reader.is_indented(after) and after - index <= _SETEXT_LINES:
            start, end = reader.lines[index][0], reader.lines[after][1]
            title = _clean(reader.text[start : reader.lines[after - 1][1]])
            return Heading(1 if line[0] == "=" else 2, title, start, end), after + 1
        if reader.starts_block(after) and not (quoted and line[0] == ">"):
            break
        after += 1
    return _block(reader, ChunkKind.PROSE, index, after), after


def _code(reader: _Reader, index: int, after: int) -> tuple[Block, int]:
    block = _block(reader, ChunkKind.CODE, index, after)
    return block, after


def _block(reader: _Reader, kind: ChunkKind | None, index: int, after: int, *, html: bool = False) -> Block:
    start, end = reader.lines[index][0], reader.lines[after - 1][1]
    start, end = trimmed(reader.text, start, end, keep_indent=kind in (ChunkKind.CODE, ChunkKind.LIST))
    if kind and not _has_words(reader.text, start, end, kind):
        kind = None
    lead_in = kind is ChunkKind.PROSE and _leads_in(
        reader.text[max(start, end - 4) : end], reader.text[start : start + 2]
    )
    return Block(kind, start, end, html, lead_in)


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
    title = _ATTRIBUTES.sub("", title[: 10 * _MAX_TITLE].strip())
    title = _TAG.sub("", _LINK.sub(r"\1", _IMAGE.sub("", title)))
    title = html.unescape(_ESCAPE.sub(r"\1", _EMPHASIS.sub("", title)))
    return " ".join(title.split())[:_MAX_TITLE].strip()


def trimmed(text: str, start: int, end: int, *, keep_indent: bool) -> Span:
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
