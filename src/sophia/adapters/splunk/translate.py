"""Splunk's answers as tables and texts."""

import codecs
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import define, field

from sophia.domain.lookups import Cut, CutKind
from sophia.errors import Fault, InvalidInput, Unavailable

__all__ = ["Export", "at", "entries", "fault_of", "fill_in", "lines", "severity"]

_SEVERITIES = {1: "debug", 2: "info", 3: "warning", 4: "error", 5: "severe", 6: "fatal"}
"""Of alerts (savedsearches.conf, ``alert.severity``)."""

_PARTIAL = frozenset({"WARN", "ERROR", "FATAL"})
_WRONG = frozenset({"ERROR", "FATAL"})
_LONGEST_MESSAGE = 300
_TOKEN = re.compile(r"\$(?:args\.)?(\w{1,60})\$")
_VALUE = re.compile(r"[\w.@:/\\*+ -]{1,200}")


def lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of an answer that comes in pieces; a byte order mark is no part of them."""
    rest, begun = b"", False
    for piece in pieces:
        rest += piece
        if not begun and len(rest) < len(codecs.BOM_UTF8):
            continue
        if not begun:
            rest, begun = rest.removeprefix(codecs.BOM_UTF8), True
        *whole, rest = rest.split(b"\n")
        yield from whole
    yield rest.removeprefix(codecs.BOM_UTF8)


@define
class Export:
    """What a search that is exported has brought so far: final rows, and what Splunk says of them.

    Args:
        name: of the system, as errors call it.
        most: rows that are kept; others are counted.
    """

    name: str
    most: int
    rows: list[Mapping[str, Any]] = field(factory=list)
    seen: int = 0
    is_whole: bool = False
    cuts: list[Cut] = field(factory=list)

    def read(self, line: bytes) -> None:
        """The next line. Rows of previews come again when they are final.

        Raises:
            InvalidInput: Splunk calls the search wrong.
            Unavailable: the line is none of an export.
        """
        if not line.strip():
            return
        try:
            told = json.loads(line)
            preview, row = told.get("preview"), told.get("result")
            messages = [(str(one["type"]).upper(), str(one["text"])) for one in told.get("messages") or ()]
        except (ValueError, RecursionError, AttributeError, TypeError, KeyError) as error:
            raise Unavailable(self.name, "has sent no answer that can be read") from error
        for type_, text in messages:
            self._hear(type_, text[:_LONGEST_MESSAGE])
        if preview is not False:
            return
        if isinstance(row, dict):
            self.seen += 1
            if len(self.rows) < self.most:
                self.rows.append(row)
        self.is_whole = self.is_whole or told.get("lastrow") is True

    def _hear(self, type_: str, text: str) -> None:
        if type_ in _WRONG and not self.seen:
            raise InvalidInput(Fault("/search", text))
        if type_ in _PARTIAL and Cut(CutKind.PARTIAL, text) not in self.cuts:
            self.cuts.append(Cut(CutKind.PARTIAL, text))

    @property
    def columns(self) -> tuple[str, ...]:
        """The fields of the rows as they come, without Splunk's own but for the time and the event."""
        names = dict.fromkeys(name for row in self.rows for name in row)
        shown = [name for name in names if not name.startswith("_")]
        return tuple(["_time"] * ("_time" in names) + shown + ["_raw"] * ("_raw" in names))

    @property
    def table(self) -> tuple[tuple[str, ...], ...]:
        """The rows, by column; several values of one field are separated by commas."""
        return tuple(tuple(_cell(row.get(name)) for name in self.columns) for row in self.rows)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(_cell, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def entries(name: str, body: Any) -> tuple[list[tuple[str, dict[str, Any]]], int]:
    """Name and content of the entries of a listing, and how many there are in all.

    Raises:
        Unavailable: it is no listing.
    """
    try:
        found = [(str(entry["name"]), dict(entry.get("content") or {})) for entry in body["entry"]]
        total = int((body.get("paging") or {}).get("total", len(found)))
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise Unavailable(name, "has sent no answer that can be read") from error
    return found, total


def fault_of(body: Any) -> str:
    """What an answer says is wrong with the question."""
    try:
        return "; ".join(str(one["text"]) for one in body["messages"])[:_LONGEST_MESSAGE]
    except (TypeError, KeyError):
        return "the question is refused"


def fill_in(search: str, arguments: Mapping[str, object]) -> str:
    """A saved search with its tokens (``$host$``, ``$args.host$``) replaced.

    Raises:
        InvalidInput: an argument is missing, there is no such token, or a value could be more than a value.
    """
    tokens = dict.fromkeys(_TOKEN.findall(search))
    if unknown := [name for name in arguments if name not in tokens]:
        raise InvalidInput(Fault(f"/arguments/{unknown[0]}", f"expected {', '.join(tokens) or 'no arguments'}"))
    for name in tokens:
        value = arguments.get(name)
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            detail = "expected a value of letters, digits, blanks and . @ : / \\ * + - _"
            raise InvalidInput(Fault(f"/arguments/{name}", detail))
    return _TOKEN.sub(lambda token: str(arguments[token[1]]).replace("\\", "\\\\"), search)


def at(content: Mapping[str, Any], key: str) -> datetime | None:
    """A time that is told in seconds since 1970; None where there is none."""
    try:
        return datetime.fromtimestamp(float(content[key]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def severity(content: Mapping[str, Any]) -> str:
    """How severe an alert is, in a word."""
    told = str(content.get("severity", ""))
    return _SEVERITIES.get(int(told), told) if told.isdigit() else told
