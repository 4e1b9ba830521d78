"""Makes of a slice of Markdown a line that reads well in an answer, with the same words."""

import html
import re

from sophia.adapters.extractive.units import Unit, UnitKind, cells
from sophia.domain.citation import sentences

__all__ = ["code", "plain", "shown", "unmarked", "with_marker"]

_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)(?:\{[^}]*\})?")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)|\[([^\]]+)\]\[[^\]]*\]|<(https?://[^>\s]+)>")
_TAG = re.compile(r"<!--.*?-->|</?[a-zA-Z][^>]*>|\{:[^}]*\}", re.DOTALL)
_EMPHASIS = re.compile(r"(\*{1,3}|~~)(?=\S)(.+?)(?<=\S)\1")
_UNDERLINE = re.compile(r"(?<![\w`])(_{1,3})(?=\S)(.+?)(?<=\S)\1(?![\w`])")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>~-])")
_CODE_SPAN = re.compile(r"(`+[^`]+`+)")
_LEADING = re.compile(r"^(?:#{1,6}\s+|>\s*|(?:[-*+•‣]|\d{1,3}[.)])\s+)+")
_STRAY = re.compile(r"\*{2,}|_{2,}(?=\s|$)|(?:(?<=\s)|^)_{2,}|(?<!\S)\*(?!\S)|(?<=[\w.:])\*(?!\S)")
# Marks that look like [1] but are the document's own would be taken for citations.
_OWN_MARKER = re.compile(r"\[(\d+)\]")
# Read after the marker is put in, a full stop within these would end the sentence.
_ABBREVIATIONS = (
    (re.compile(r"\bp\.\s?ej\.,?", re.IGNORECASE), "por ejemplo"),
    (re.compile(r"\b(e\.\s?g|i\.\s?e|etc)\.(?=\s)(?!\s*$)", re.IGNORECASE), r"\1.,"),
    (
        re.compile(
            r"\b(art|arts|n[uú]m|p[aá]gs?|fig|vs|dra?|sra?|mrs?|ms|inc|cf|approx|aprox|rev|sec|vol|ver|ee|uu)\.(?=\s)",
            re.IGNORECASE,
        ),
        r"\1",
    ),
)
_QUOTES = str.maketrans({"«": "‘", "»": "’", "“": "‘", "”": "’"})
_CLOSING = re.compile(r"[.!?…:;,\s]*$")
_ELLIPSIS = re.compile(r"(?:\s\.){2,}(?![\w/\\])|\.{3}(?=\s|$)")


def plain(unit: Unit) -> str:
    """The words of a unit on one line, without the signs of Markdown but for code spans."""
    if unit.kind is UnitKind.ROW:
        return _row(unit)
    return _line(unit.text)


def shown(title: str) -> str:
    """A title or heading as it is named within a sentence of ours."""
    return _line(title).rstrip(":. ")


def unmarked(text: str) -> str:
    """The text, with what looks like a marker of ours in other brackets."""
    return _OWN_MARKER.sub(r"(\1)", text)


def code(unit: Unit) -> str | None:
    """A code block as it stands, fenced; None where it holds what would be taken for a marker, as ``a[0]``."""
    if _OWN_MARKER.search(unit.text):
        return None
    text = unit.text.strip("\n")
    return (
        text
        if text.lstrip().startswith(("```", "~~~")) and text.rstrip().endswith(("```", "~~~"))
        else f"```\n{text.strip('`~')}\n```"
    )


def with_marker(line: str, index: int) -> str:
    """The line with its marker before the closing stop: on every sentence, where it has more than one."""
    spans = list(sentences(line)) or [(0, len(line))]
    return " ".join(_mark(line[start:end], index) for start, end in spans)


def _mark(sentence: str, index: int) -> str:
    closing = _CLOSING.search(sentence)
    cut = closing.start() if closing else len(sentence)
    return f"{sentence[:cut].rstrip()} [{index}]{sentence[cut:]}"


def _row(unit: Unit) -> str:
    values = [_line(cell) for cell in cells(unit.text)]
    header = [_line(cell) for cell in unit.header]
    first, *rest = values or [""]
    if not any(rest) or len(header) != len(values):
        return " · ".join(v for v in values if v)
    told = "; ".join(
        f"{name}: {value}" if name else value for name, value in zip(header[1:], rest, strict=True) if value
    )
    return f"{first} — {told}" if first else told


def _line(text: str) -> str:
    text = _LINK.sub(lambda m: m[1] or m[2] or m[3] or "", _IMAGE.sub(" ", text))
    pieces = _CODE_SPAN.split(text)
    text = "".join(
        _OWN_MARKER.sub(r"[ \1]", piece) if index % 2 else _undecorated(piece) for index, piece in enumerate(pieces)
    )
    text = unmarked(_LEADING.sub("", " ".join(text.split())))
    for pattern, spelt in _ABBREVIATIONS:
        text = pattern.sub(spelt, text)
    return text.strip().translate(_QUOTES)


def _undecorated(text: str) -> str:
    text = _ELLIPSIS.sub("…", _TAG.sub(" ", text))
    for pattern in (_EMPHASIS, _EMPHASIS, _UNDERLINE):
        text = pattern.sub(r"\2", text)
    return html.unescape(_ESCAPE.sub(r"\1", _STRAY.sub("", text)))
