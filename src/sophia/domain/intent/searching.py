"""Searches a text for many patterns at once, and tries each only where the text begins as its matches do.

What a match can begin with is read off the pattern, as RE2 and Rust's regex derive the literals of their prefilters. A
pattern of which that cannot be said is searched for everywhere; what is found is the same either way.
"""

import re
from collections.abc import Mapping, Sequence

__all__ = ["Patterns", "beginnings"]

_LENGTHS = (1, 2, 4, 8)
"""Letters of a beginning that are compared: as many of these as it has."""
_EDGE = "\b"
"""In front of a beginning: there is the edge of a word, or the text begins."""
_PIECE = re.compile(
    r"(?P<many>[*+?]\??|\{\d*,?\d*\}\??)"
    r"|(?P<plain>(?:[\w ',](?![*+?{]))+)"
    r"|\\.|\[\^?(?:\\.|[^\]\\])+\]|\(\?(?:[:=!]|<[=!])|.",
    re.DOTALL,
)
_EDGES = frozenset((r"\b", "^"))
_END = "$"
_LISTED = re.compile(r"\[[\w,;:']+\]")


class Patterns:
    """Patterns by name, one or several for each, to be searched for together. They are without flags."""

    def __init__(self, patterns: Mapping[str, Sequence[str]]) -> None:
        self._anywhere: list[tuple[str, re.Pattern[str]]] = []
        self._begun: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
        for name, pattern in ((name, pattern) for name, several in patterns.items() for pattern in several):
            compiled, begun = re.compile(pattern), beginnings(pattern)
            if not all(len(beginning) > 1 and beginning[0] == _EDGE for beginning in begun):
                self._anywhere.append((name, compiled))
                continue
            compared = {beginning[1 : 1 + max(n for n in _LENGTHS if n < len(beginning))] for beginning in begun}
            for beginning in compared:
                self._begun.setdefault(beginning, []).append((name, compiled))
        firsts = "".join(sorted({re.escape(beginning[0]) for beginning in self._begun}))
        self._edges = re.compile(rf"\A|\b(?=[{firsts}])")

    def find(self, text: str) -> dict[str, re.Match[str]]:
        """What is found in a text, by name: where there is one pattern for it, its first match."""
        found = {name: match for name, pattern in self._anywhere if (match := pattern.search(text))}
        for edge in self._edges.finditer(text):
            at = edge.start()
            for length in _LENGTHS:
                for name, pattern in self._begun.get(text[at : at + length], ()):
                    if name not in found and (match := pattern.match(text, at)):
                        found[name] = match
        return found


def beginnings(pattern: str) -> frozenset[str]:
    r"""What a match of a pattern begins with, one of these; ``\b`` before it where that is the edge of a word.

    An empty one, with or without ``\b``, says that it may be anything.

    Raises:
        ValueError: the pattern has a group of a kind that is not known here.
    """
    going_on, complete = _choices([*_PIECE.finditer(pattern)][::-1])
    return frozenset(going_on | complete)


def _choices(pieces: list[re.Match[str]]) -> tuple[set[str], set[str]]:
    """Beginnings of what stands before the next closing bracket: those that what follows goes on, and the others."""
    going_on, complete = set[str](), set[str]()
    here, ended = {""}, set[str]()
    while pieces and (piece := pieces.pop())[0] != ")":
        if piece[0] == "|":
            going_on, complete = going_on | here, complete | ended
            here, ended = {""}, set()
            continue
        more, last = _begun(piece, pieces)
        if pieces and pieces[-1]["many"]:
            many = pieces.pop()["many"]
            if many[0] != "?":
                more, last = set(), more | last
            if many[0] in "?*" or many.startswith(("{0", "{,")):
                more = more | {""}
        ended |= {_joined(before, begun) for before in here for begun in last}
        here = {_joined(before, begun) for before in here for begun in more}
    return going_on | here, complete | ended


def _begun(piece: re.Match[str], pieces: list[re.Match[str]]) -> tuple[set[str], set[str]]:
    """Beginnings of one piece, or of the group that it opens."""
    written = piece[0]
    if piece["many"]:
        raise ValueError(f"nothing to repeat, or a group that is not known: {written}")
    if written[0] == "(":
        inner = _choices(pieces)
        return ({""}, set()) if written[-1] in "=!" else inner
    if written in _EDGES:
        return {_EDGE}, set()
    if written == _END:
        return {""}, set()
    if piece["plain"] or (written[0] == "\\" and not written[1].isalnum()):
        return {written.removeprefix("\\")}, set()
    if _LISTED.fullmatch(written):
        return set(written[1:-1]), set()
    if written[0] in "\\[.":
        return set(), {""}
    return {written}, set()


def _joined(before: str, begun: str) -> str:
    """Two beginnings in a row. An edge counts where nothing has been taken yet."""
    return (before + (begun.removeprefix(_EDGE) if before else begun))[: 1 + _LENGTHS[-1]]
