"""PDF to Markdown: words and paragraphs whole again, without what every page repeats.

markitdown's own extraction keeps the line breaks of the page, its headers and its page numbers, and knows no
headings. Here pdfium gives the lines in the order in which they were written, with their place and font, and they are
put together anew; pdfplumber reads the tables of the pages that have ruled lines (it takes a hundred times as long).
Runs in the worker process only.
"""

import ctypes
import io
import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pdfplumber
import pypdfium2  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]
from attrs import define, frozen

from sophia.errors import DocumentRejected

__all__ = ["pdf_to_markdown"]

SHORT = 120
"""A bold line up to this many characters may be a heading."""

MIN_RULES = 4
"""Fewer lines and boxes than this on a page make no table."""

MAX_RULED_PAGES = 200
"""On the ruled pages after these, tables are read as lines: each costs a tenth of a second."""

LEVELS = 4
"""Headings deeper than this read like body text."""

_MONO = re.compile(r"mono|courier|consol|menlo|typewriter|cmtt", re.IGNORECASE)
_BOLD = re.compile(r"bold|black|heavy|semibold|demi", re.IGNORECASE)
_BULLET = re.compile(r"(?:[•‣◦▪▫●○■□∙·–—*-]|\uf0b7|\uf0a7)\s+(?=\S)")
_NUMBER = re.compile(r"(?:\d{1,3}|[a-z])[.)]\s+(?=\S)")
_SECTION = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,3})\.?\s+\S")
_PAGE_NUMBER = re.compile(
    r"(?:p[áa]g(?:ina|\.)?|page|p\.)?\s*[-–]?\s*\d{1,4}\s*[-–]?(?:\s*(?:de|of|/)\s*\d{1,4})?", re.IGNORECASE
)
_FIRST_WORD = re.compile(r"\w+")
_BULLET_GLYPH = re.compile(r"[\x7f\x80-\x9f\ue000-\uf8ff\ufffd](?=\s)")
_HYPHENATED = re.compile(r"\w+-\w+")
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\u00a0": " "}
)


Box = tuple[float, float, float, float]


@define
class _Line:
    """One line of a page; coordinates are points from the upper left corner."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    bold: bool
    mono: bool
    page: int


@define
class _Table:
    rows: list[list[str]]
    top: float
    page: int


@frozen
class _Shape:
    """What is usual in a document: size of its body text, its right margin and the levels of its headings."""

    size: float
    right: float
    levels: dict[float, int]
    bold_level: int
    hyphenated: frozenset[str]


def pdf_to_markdown(content: bytes, *, max_pages: int) -> tuple[str, str]:
    """Title (from the metadata; may be empty) and text of a PDF.

    Raises:
        DocumentRejected: too many pages, or no text in them.
    """
    pdf = pypdfium2.PdfDocument(content)
    if len(pdf) > max_pages:
        raise DocumentRejected(f"it has {len(pdf)} pages, more than the {max_pages} that are allowed")
    items: list[_Line | _Table] = []
    heights: list[float] = []
    ruled = 0
    for number in range(len(pdf)):
        page = pdf[number]
        heights.append(page.get_height() or 1.0)
        ruled += (is_ruled := _is_ruled(page))
        tables = _tables(content, number) if is_ruled and ruled <= MAX_RULED_PAGES else []
        items += _page(list(_lines(page, number)), tables, heights[-1])
        page.close()
    title = _title(pdf.get_metadata_dict())
    if not any(isinstance(item, _Table) or item.text for item in items):
        raise DocumentRejected("it holds no text, it may be a scan; put it through text recognition (OCR) first")
    return title, _markdown(_without_furniture(items, heights))


def _title(metadata: dict[str, Any]) -> str:
    title = metadata.get("Title")
    if not isinstance(title, str) or title.strip().lower() in {
        "",
        "untitled",
        "(anonymous)",
        "anonymous",
        "sin título",
    }:
        return ""
    title = title.removeprefix("Microsoft Word - ").strip()
    return "" if re.search(r"\.(docx?|pdf|pptx?|xlsx?|odt|tex|dvi)$", title, re.IGNORECASE) else title


# --- reading a page


def _page(lines: list[_Line], tables: list[tuple[Box, _Table]], height: float) -> list[_Line | _Table]:
    items: list[_Line | _Table] = [line for line in lines if not any(_inside(line, box) for box, _ in tables)]
    # A table goes before the first line that was written below it.
    for _, table in sorted(tables, key=lambda pair: pair[1].top):
        below = (at for at, item in enumerate(items) if item.top > table.top and 0.1 < item.top / height < 0.9)  # noqa: PLR2004
        items.insert(next(below, len(items)), table)
    return items


def _inside(line: _Line, box: Box) -> bool:
    x0, top, x1, bottom = box
    return top <= (line.top + line.bottom) / 2 <= bottom and x0 - 2 <= line.x0 and line.x1 <= x1 + 2


def _is_ruled(page: Any) -> bool:
    paths = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=3)
    return next((True for count, _ in enumerate(paths, start=1) if count >= MIN_RULES), False)


def _tables(content: bytes, number: int) -> list[tuple[Box, _Table]]:
    tables: list[tuple[Box, _Table]] = []
    try:
        with pdfplumber.open(io.BytesIO(content), pages=[number + 1]) as pdf:
            found = [(table.bbox, table.extract()) for page in pdf.pages for table in page.find_tables()]
    # What pdfium repairs may be too much for pdfplumber; the words of the table are then read as lines.
    except Exception:  # noqa: BLE001
        return []
    for box, cells in found:
        rows = [[" ".join((cell or "").split()) for cell in row] for row in cells]
        rows = [row for row in rows if any(row)]
        if len(rows) > 1 and len(rows[0]) > 1:
            tables.append((box, _Table(rows, box[1], number)))
    return tables


def _lines(page: Any, number: int) -> Iterator[_Line]:
    text = page.get_textpage()
    height = page.get_height()
    held: list[tuple[int, str]] = []
    for index in range(text.count_chars()):
        char = chr(pdfium.FPDFText_GetUnicode(text, index) & 0x1FFFFF)
        if char in "\r\n":
            yield from _line(text, held, height, number)
            held = []
        elif char in "\x02\ufffe":
            # Where pdfium takes a hyphen at the end of a line for a soft one, it says so and leaves the break out.
            yield from _line(text, [*held, (index, "-")], height, number)
            held = []
        else:
            held.append((index, char))
    yield from _line(text, held, height, number)
    text.close()


def _line(page: Any, chars: list[tuple[int, str]], height: float, number: int) -> Iterator[_Line]:
    inked = [index for index, char in chars if not char.isspace() and char != "-"]
    inked = inked or [index for index, char in chars if not char.isspace()]
    if not inked:
        return
    samples = [_font(page, inked[len(inked) * part // 8]) for part in range(8)]
    upright = [sample for sample in samples if sample[2]]
    if not upright:
        return
    size = Counter(sample[0] for sample in upright).most_common(1)[0][0]
    names = [sample[1] for sample in upright]
    x0, _, _, _ = page.get_charbox(inked[0], loose=True)
    _, _, x1, _ = page.get_charbox(inked[-1], loose=True)
    baseline = height - _baseline(page, inked[0])
    text = "".join(char for _, char in chars).translate(_LIGATURES).strip()
    if _BULLET_GLYPH.match(text):
        text = f"• {text[1:].lstrip()}"
    mono = sum(bool(_MONO.search(name)) for name in names) > len(names) / 2
    bold = all(_BOLD.search(name) for name in names)
    yield _Line(text, x0, x1, baseline - 0.8 * size, baseline + 0.2 * size, size, bold, mono, number)


def _font(page: Any, index: int) -> tuple[float, str, bool]:
    """Size in points of the page, name, and whether the character stands upright."""
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(page, index, matrix)
    scale = math.hypot(matrix.c, matrix.d) or 1.0
    size = round(pdfium.FPDFText_GetFontSize(page, index) * scale * 2) / 2
    name = ctypes.create_string_buffer(256)
    pdfium.FPDFText_GetFontInfo(page, index, name, 256, ctypes.c_int())
    return max(size, 1.0), name.value.decode("utf-8", "replace"), abs(matrix.b) <= abs(matrix.a) / 2


def _baseline(page: Any, index: int) -> float:
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(page, index, x, y)
    return y.value


# --- what every page repeats


def _without_furniture(items: list[_Line | _Table], heights: list[float]) -> list[_Line | _Table]:
    """Without page numbers, and without the lines at the edges that half of the pages repeat."""

    def edge(item: _Line | _Table) -> str | None:
        if isinstance(item, _Table) or 0.12 < item.top / heights[item.page] < 0.88:  # noqa: PLR2004
            return None
        return re.sub(r"\d+", "#", item.text.strip().lower())

    seen = Counter(key for key, _ in {(edge(item), item.page) for item in items})
    often = max(2, (len(heights) + 1) // 2)
    kept: list[_Line | _Table] = []
    for item in items:
        key = edge(item)
        if (
            key is not None
            and isinstance(item, _Line)
            and (_PAGE_NUMBER.fullmatch(item.text.strip()) or seen[key] >= often)
        ):
            continue
        kept.append(item)
    return kept


# --- putting it together


def _markdown(items: list[_Line | _Table]) -> str:
    lines = [item for item in items if isinstance(item, _Line)]
    shape = _shape(lines)
    blocks: list[str] = []
    held: list[_Line] = []
    table: _Table | None = None

    def settle() -> None:
        if held:
            blocks.append(_block(held, shape))
            held.clear()

    for item in items:
        if isinstance(item, _Table):
            settle()
            table = _continued(table, item, blocks)
            continue
        table = None
        if held and not _continues(held, item, shape):
            settle()
        held.append(item)
    settle()
    parts: list[str] = []
    for above, block in pairwise(["", *filter(None, blocks)]):
        parts += [("\n" if _is_item(above) and _is_item(block) else "\n\n") if above else "", block]
    return "".join(parts)


def _is_item(text: str) -> bool:
    return text.startswith("- ") or _NUMBER.match(text) is not None


def _shape(lines: list[_Line]) -> _Shape:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    body = sizes.most_common(1)[0][0] if sizes else 10.0
    larger = sorted((size for size in sizes if size >= 1.12 * body), reverse=True)
    levels = {size: min(level, LEVELS) for level, size in enumerate(larger, start=1)}
    right = sorted(line.x1 for line in lines if line.size == body)
    words = {word.lower() for line in lines for word in _HYPHENATED.findall(line.text)}
    return _Shape(
        size=body,
        right=right[int(0.95 * (len(right) - 1))] if right else 0.0,
        levels=levels,
        bold_level=min(len(larger) + 1, LEVELS),
        hyphenated=frozenset(words),
    )


def _level(line: _Line, shape: _Shape) -> int:
    """The heading level that a line's font says, 0 for body text."""
    if line.mono or not any(map(str.isalpha, line.text)):
        return 0
    if line.size in shape.levels:
        return shape.levels[line.size]
    is_short = len(line.text) <= SHORT and line.text[-1] not in ".,;:"
    if line.bold and is_short and not _BULLET.match(line.text):
        numbered = _SECTION.match(line.text)
        depth = numbered.group(1).count(".") if numbered else 0
        return min(shape.bold_level + depth, LEVELS + 1)
    return 0


def _starts_item(line: _Line) -> bool:
    return not line.mono and bool(_BULLET.match(line.text) or _NUMBER.match(line.text))


def _continues(held: list[_Line], line: _Line, shape: _Shape) -> bool:
    """Whether a line belongs to the block of the lines above it."""
    last = held[-1]
    if held[0].mono:
        return line.mono and last.page == line.page and line.top - last.bottom < 2 * line.size
    level = _level(line, shape)
    if level or _level(last, shape):
        near = 0 <= line.top - last.bottom < 0.4 * line.size and not _SECTION.match(line.text)
        return level == _level(last, shape) and line.size == last.size and near and last.page == line.page
    unfinished = last.text[-1] not in '.!?:;»”"'
    if line.mono:
        # The end of a sentence may be all code, as long as the line above was full.
        return unfinished and last.x1 > 0.7 * shape.right and 0 < line.top - last.top < 1.6 * last.size
    if _starts_item(line) or abs(line.size - last.size) > 1:
        return False
    leading = line.top - last.top
    if last.page != line.page or leading < 0:
        # Over to the next page or column.
        return unfinished and not line.text[0].isupper()
    return leading <= 1.75 * max(line.size, last.size) and _flows(held, line, shape, unfinished=unfinished)


def _flows(held: list[_Line], line: _Line, shape: _Shape, *, unfinished: bool) -> bool:
    last = held[-1]
    if _starts_item(held[0]):
        return line.x0 > held[0].x0 + 1 or (unfinished and last.x1 > 0.8 * shape.right)
    is_indented = line.x0 > last.x0 + 0.8 * line.size and len(held) > 1
    is_short = last.x1 < 0.8 * shape.right and not unfinished
    return not is_indented and not is_short


def _block(lines: list[_Line], shape: _Shape) -> str:
    if lines[0].mono:
        left = min(line.x0 for line in lines)
        pad = [" " * max(0, round((line.x0 - left) / (0.6 * line.size or 1))) + line.text.strip() for line in lines]
        return "\n".join(["```", *pad, "```"])
    text = _joined(lines, shape)
    if level := _level(lines[0], shape):
        return f"{'#' * level} {text}"
    if bullet := _BULLET.match(text):
        return f"- {text[bullet.end() :]}"
    # A hash at the start of a line would read as a heading.
    return f"\\{text}" if text.startswith("#") else text


def _joined(lines: list[_Line], shape: _Shape) -> str:
    text = " ".join(lines[0].text.split())
    for line in lines[1:]:
        more = " ".join(line.text.split())
        if text.endswith(("-", "\u00ad", "‐")) and text[-2:-1].isalpha() and more[:1].islower():
            tail, head = text[:-1].split()[-1], more.split(maxsplit=1)[0]
            word = _FIRST_WORD.match(head)
            keeps = "-" in head or (word is not None and f"{tail}-{word.group()}".lower() in shape.hyphenated)
            text = text + more if keeps else text[:-1] + more
        elif text.endswith(("/", "_")) and " " not in text[-8:]:
            text += more
        else:
            text = f"{text} {more}"
    return text.replace("\u00ad", "")


def _continued(last: _Table | None, table: _Table, blocks: list[str]) -> _Table:
    """Adds a table, or its rows to the one above when the page broke it in two."""
    if last and table.page == last.page + 1 and len(table.rows[0]) == len(last.rows[0]):
        rows = table.rows[1:] if table.rows[0] == last.rows[0] else table.rows
        blocks[-1] += "".join(f"\n{_row(row)}" for row in rows)
        return _Table(last.rows, table.top, table.page)
    header, *rows = table.rows
    blocks.append("\n".join([_row(header), _row(["---"] * len(header)), *map(_row, rows)]))
    return table


def _row(cells: list[str]) -> str:
    escaped = [cell.replace("|", "\\|") for cell in cells]
    return f"| {' | '.join(escaped)} |"
