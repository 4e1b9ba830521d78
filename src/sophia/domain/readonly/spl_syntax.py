"""Takes a Splunk search apart into its commands, through subsearches, quotes, comments and macros.

The lexing, as Splunk documents it: double quotes hold text, with a backslash before a quote or a backslash of it;
single quotes hold the name of a field; backticks a macro, which is not expanded between double quotes; three backticks
a comment, which counts as a space; brackets a subsearch. Splunk publishes no grammar, so a text that could be lexed in
more than one way is refused: a backslash before a sign outside quotes, signs between single quotes, a backtick between
double quotes. Comments are taken out, so that nobody has to read them again.

Sources: Splunk Search Manual (Add comments to searches; Backslashes; SPL and regular expressions; Subsearches), Search
Reference (search: Quotes and escaping characters), macros.conf.spec.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import Enum, auto

from attrs import define, field, frozen

from sophia.domain.readonly.refusing import refused
from sophia.domain.readonly.rules import Rule
from sophia.domain.readonly.spl_commands import NEED_PIPE
from sophia.errors import QueryRefused

__all__ = ["DEPTH_LIMIT", "Command", "Kind", "Piece", "Pipeline", "read_search"]

DEPTH_LIMIT = 8
"""Subsearches within one another."""

_TOKEN = re.compile(
    r"""
    (?P<comment> ```(?:[^`]|`(?!``))*+``` )
    | (?P<string> "[^"\\]*+(?:\\.[^"\\]*+)*+" )
    | (?P<macro> `[^`]++` )
    | (?P<name> '[^'"`|\[\]\\]*+' )
    | (?P<space> [ \t\r\n]++ )
    | (?P<pipe> \| )
    | (?P<open> \[ )
    | (?P<close> \] )
    | (?P<text> (?:[^\s"'`|\[\]\\]|\\++(?!["'`|\[\]\s]|\Z))++ )
    """,
    re.VERBOSE | re.DOTALL,
)
_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lo", "Nd"})
_COMMAND = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?=\Z|\()")


class Kind(Enum):
    """What a piece of a command is."""

    TEXT = auto()
    """Words and signs outside quotes."""
    SPACE = auto()
    STRING = auto()
    """With its double quotes."""
    NAME = auto()
    """Of a field, with its single quotes."""
    MACRO = auto()
    """With its backticks."""
    SUBSEARCH = auto()


@frozen
class Piece:
    """The smallest part of a command; of a subsearch, ``text`` is empty and ``pipeline`` is it."""

    kind: Kind
    text: str = ""
    pipeline: "Pipeline | None" = None

    def __str__(self) -> str:
        return self.text if self.pipeline is None else f"[{self.pipeline}]"


@frozen
class Command:
    """A stage of a pipeline.

    Attributes:
        name: in lower case; empty where a macro stands in its place.
        pieces: what follows the name, without space at either end.
    """

    name: str
    pieces: tuple[Piece, ...]

    def __str__(self) -> str:
        return " ".join(filter(None, (self.name, self.arguments)))

    @property
    def arguments(self) -> str:
        """What follows the name, as it is sent."""
        return "".join(map(str, self.pieces))

    @property
    def subsearches(self) -> "tuple[Pipeline, ...]":
        """The subsearches of this command, without those within them."""
        return tuple(piece.pipeline for piece in self.pieces if piece.pipeline is not None)


@frozen
class Pipeline:
    """Commands, one after the other; ``piped``: a pipe stands before the first."""

    commands: tuple[Command, ...]
    piped: bool

    def __str__(self) -> str:
        return ("| " if self.piped else "") + " | ".join(map(str, self.commands))

    def walk(self) -> "Iterator[Command]":
        """Every command, those of subsearches too."""
        for command in self.commands:
            yield command
            for subsearch in command.subsearches:
                yield from subsearch.walk()


def read_search(text: str) -> Pipeline:
    """The pipeline of a search; without a leading pipe or ``search``, its first command is `search`.

    Raises:
        QueryRefused: it cannot be read, or not in one way only.
    """
    open_ones = [_Open(whole=True)]
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise _unread(text, at)
        kind, found = str(token.lastgroup), token[0]
        if kind == "open":
            if len(open_ones) > DEPTH_LIMIT:
                raise refused(Rule.DEPTH, str(DEPTH_LIMIT))
            open_ones.append(_Open(at=at))
        elif kind == "close":
            subsearch = open_ones.pop().closed()
            if not open_ones:
                raise refused(Rule.BRACKET, _where(at, "]"))
            open_ones[-1].pieces.append(Piece(Kind.SUBSEARCH, pipeline=subsearch))
        elif kind == "pipe":
            open_ones[-1].end_stage()
        elif kind in {"space", "comment"}:
            open_ones[-1].add_space()
        else:
            if kind == "text":
                _check_plain(found)
            if kind == "string" and "`" in found:
                raise refused(Rule.QUOTE, _where(at + found.index("`"), "`"))
            open_ones[-1].pieces.append(Piece(Kind[kind.upper()], found))
        at = token.end()
    if len(open_ones) > 1:
        raise refused(Rule.BRACKET, _where(open_ones[-1].at, "["))
    return open_ones[0].closed()


@define
class _Open:
    """A pipeline as far as it has been read; ``whole``: it is no subsearch."""

    whole: bool = False
    at: int = 0
    piped: bool = False
    commands: list[Command] = field(factory=list)
    pieces: list[Piece] = field(factory=list)

    def add_space(self) -> None:
        if self.pieces and self.pieces[-1].kind is not Kind.SPACE:
            self.pieces.append(Piece(Kind.SPACE, " "))

    def end_stage(self) -> None:
        if not self.pieces and not self.commands and not self.piped:
            self.piped = True
            return
        self.commands.append(self._command())
        self.pieces = []

    def closed(self) -> Pipeline:
        self.commands.append(self._command())
        return Pipeline(tuple(self.commands), self.piped and self.commands[0].name != "search")

    def _command(self) -> Command:
        pieces = self.pieces[:-1] if self.pieces and self.pieces[-1].kind is Kind.SPACE else self.pieces
        if not pieces:
            raise refused(Rule.STAGE, "| |" if self.commands else "|" if self.whole else "[ ]")
        implied = self.whole and not self.commands and not self.piped
        first = pieces[0]
        named = _COMMAND.match(first.text) if first.kind is Kind.TEXT else None
        name = named[1].lower() if named else ""
        if implied and name != "search":
            if name in NEED_PIPE:
                raise refused(Rule.PIPE, name)
            return Command("search", tuple(pieces))
        if named:
            rest = [Piece(Kind.TEXT, first.text[named.end() :])] if named.end() < len(first.text) else []
            following = pieces[1:]
            if not rest and following and following[0].kind is Kind.SPACE:
                following = following[1:]
            return Command(name, (*rest, *following))
        if first.kind is Kind.MACRO:
            return Command("", tuple(pieces))
        if first.kind is Kind.TEXT:
            raise refused(Rule.COMMAND, first.text)
        raise refused(Rule.STAGE, str(first)[0])


def _check_plain(text: str) -> None:
    """Outside quotes nothing but letters and digits may be other than ASCII, none of them with a compatibility form."""
    if text.isascii():
        return
    for character in text:
        plain = character.isascii() or (
            unicodedata.category(character) in _LETTERS and unicodedata.normalize("NFKC", character) == character
        )
        if not plain:
            raise refused(Rule.CHARACTER, f"U+{ord(character):04X}")


def _unread(text: str, at: int) -> QueryRefused:
    """Why no token begins here."""
    if text[at] != "\\":
        return refused(Rule.QUOTE, _where(at, text[at]))
    after = text[at:].lstrip("\\")[:1]
    return refused(Rule.ESCAPE, _where(at, after.strip() or "\\"))


def _where(at: int, sign: str) -> str:
    return f"{sign} ({at + 1})"
