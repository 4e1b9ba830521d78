"""Which Splunk searches may run: those in which every command, at every depth, only reads.

What the credential's role forbids is Splunk's business; this is the lock before it. Splunk's own MCP server fell to a
subsearch that its filter did not take apart (CVE-2025-20381, SVD-2025-1210).

A time range within the text is refused and not compared: it counts from when the search runs, a subsearch may compute
it, and Splunk lets it take the place of the range that is given beside the search. So that one is always the range.
"""

import re
from collections.abc import Iterable, Iterator

from attrs import field, frozen

from sophia.domain.readonly.refusing import check_characters, check_size, refused
from sophia.domain.readonly.rules import Rule
from sophia.domain.readonly.spl_commands import (
    ADD_ROWS,
    ALLOWED,
    FILTERS,
    KEEP_FIELDS,
    NAME_FIELDS,
    SET_FIELDS,
    TIME_WORDS,
)
from sophia.domain.readonly.spl_syntax import Command, Kind, Piece, Pipeline, read_search

__all__ = ["SEARCH_LIMIT", "SplPolicy", "check_search"]

SEARCH_LIMIT = 20_000
"""Characters of a search."""


def _narrowed(names: Iterable[str]) -> frozenset[str]:
    return ALLOWED.intersection(names)


@frozen
class SplPolicy:
    """What a company allows of Splunk's search language.

    Attributes:
        commands: those that may run; what is not among `sophia.domain.readonly.spl_commands.ALLOWED` stays refused.
        macros: names of macros that may stand in a search, without arguments. What a macro holds is the company's word.
        lookups: names of lookup definitions and files that may be used; a lookup can run a script.
        saved_searches: names of saved searches that may be run by name. What one holds is the company's word.
    """

    commands: frozenset[str] = field(default=ALLOWED, converter=_narrowed)
    macros: frozenset[str] = frozenset()
    lookups: frozenset[str] = frozenset()
    saved_searches: frozenset[str] = frozenset()


def check_search(text: str, policy: SplPolicy) -> str:
    """The search to send: in one way of writing, without comments, ``search`` written out where it is implied.

    White space outside quotes is one space; names of commands are in lower case; what stands in quotes is as it came.
    The search that is given back is accepted again, and given back as it is. Takes time linear in the text's length.

    Raises:
        QueryRefused: it does more than read, or cannot be read in one way only.
    """
    check_size(text, SEARCH_LIMIT)
    check_characters(text)
    search = read_search(text)
    for command in search.walk():
        if command.name and command.name not in policy.commands:
            raise refused(Rule.COMMAND, command.name)
    for command in search.walk():
        _check_command(command, policy)
    return str(search)


def _check_command(command: Command, policy: SplPolicy) -> None:
    for piece in command.pieces:
        if piece.kind is Kind.MACRO:
            _check_macro(piece, policy)
    code = _Code.of(command)
    _check_time(command, code)
    _check_subsearches(command)
    _check_eval_lookup(code, policy)
    _check_saved_search_term(command, code, policy)
    match command.name:
        case "lookup":
            _check_lookup(command, policy)
        case "inputlookup":
            _check_inputlookup(command, policy)
        case "savedsearch":
            _check_savedsearch(command, policy)
        case "from":
            _check_from(command, policy)
        case "join" | "union":
            _check_datasets(command, policy)
        case "extract" | "kv" if _RELOAD.search(code.text):
            raise refused(Rule.OPTION, "reload")
        case "foreach":
            _check_foreach(command, code)


# Macros


_MACRO = re.compile(r"([A-Za-z0-9_][\w.:-]*)(?:\((.*)\))?", re.DOTALL)
_HARMLESS = re.compile(r"[\w.:*/@+ -]*")


def _check_macro(piece: Piece, policy: SplPolicy) -> None:
    written = piece.text.strip("`").strip()
    found = _MACRO.fullmatch(written)
    if found is None or found[1] not in policy.macros:
        raise refused(Rule.MACRO, found[1] if found else written)
    # An argument is put into the text of the macro without its quotes, also between others.
    for argument in (found[2] or "").split(","):
        bare = argument.strip()
        if len(bare) > 1 and bare[0] == bare[-1] == '"':
            bare = bare[1:-1]
        if not _HARMLESS.fullmatch(bare):
            raise refused(Rule.MACRO_ARGUMENT, bare)


# Time


_TIMES = "|".join(sorted(TIME_WORDS))
_TIME = re.compile(rf"(?<![\w.])({_TIMES})(?=\s*(?:[=<>!]|::|in\s*\())", re.IGNORECASE)
_TIME_FIELD = re.compile(rf"(?<![\w.])(?!now\b)({_TIMES})(?![\w.(])", re.IGNORECASE)
_KEYS = TIME_WORDS | {"savedsearch", "savedsplunk"}


@frozen
class _Code:
    """The arguments of a command with the content of quotes set apart: ``"3"`` stands for the fourth string."""

    text: str
    strings: tuple[str, ...]

    @classmethod
    def of(cls, command: Command) -> "_Code":
        strings: list[str] = []
        written = []
        for piece in command.pieces:
            inner = piece.text[1:-1]
            if piece.kind in {Kind.STRING, Kind.NAME} and inner.lower() in _KEYS:
                written.append(inner)  # quotes don't keep it from being a modifier
            elif piece.kind is Kind.STRING:
                written.append(f'"{len(strings)}"')
                strings.append(inner)
            elif piece.kind is Kind.NAME:
                written.append(inner if inner.isidentifier() else "''")
            else:
                written.append({Kind.SUBSEARCH: "[]", Kind.MACRO: "``"}.get(piece.kind, piece.text))
        # A backslash that Splunk may drop must not hide a word.
        return cls("".join(written).replace("\\", ""), tuple(strings))


def _check_time(command: Command, code: _Code) -> None:
    """No modifier sets a time range: not in a condition, and not as a field that a subsearch gives back."""
    if command.name not in SET_FIELDS and (found := _TIME.search(code.text)):
        raise refused(Rule.TIME, found[1])
    if command.name not in ADD_ROWS:
        for subsearch in command.subsearches:
            if found := _TIME_FIELD.search(str(subsearch).replace("\\", "")):
                raise refused(Rule.TIME, found[1])


# Subsearches


_RAW_FIELD = re.compile(r"(?<![\w.])(search|query|savedsearch|savedsplunk)(?![\w.(])", re.IGNORECASE)
_MADE_AFTER = re.compile(r"\b(?:as|by|groupby)\b", re.IGNORECASE)
_CONDITIONS = re.compile(r"\b(?:from|where)\b.*?(?=\b(?:by|groupby)\b|\Z)", re.IGNORECASE | re.DOTALL)
_TARGET = re.compile(r'"\d+"(?=\s*=)|(?<![\w.{}])[\w.{}]++(?=\s*=)')
_COMPUTED = re.compile(r"\{[^}]")
_PLACEHOLDER = re.compile(r'"(\d+)"')
_GROUP = re.compile(r"\(\?P?<(\w+)>")
_APPENDS = re.compile(r"\b(?:append|prestats)\b", re.IGNORECASE)
_FIELD_NAME = re.compile(r"[\w.{}: @/-]*")
_FORMAT_WORD = re.compile(r'maxresults=\d+|quote=\w+|(?:(?:mvsep|emptystr)=)?"\d+"')
_CONJUNCTION = re.compile(r"(?:[\s(),]|AND\b|OR\b|NOT\b)*")


def _check_subsearches(command: Command) -> None:
    if not command.subsearches or command.name in ADD_ROWS:
        return
    if command.name not in FILTERS:
        raise refused(Rule.SUBSEARCH, command.name or "`")
    for subsearch in command.subsearches:
        _check_given_back(subsearch)


def _check_given_back(subsearch: Pipeline) -> None:
    """Every field that becomes a condition is named in the text, and none of them is taken for text of the search.

    A field `search` or `query` is written into the outer search without its name and quotes, as ``return $field`` is:
    what an event holds would then be searched for as if somebody had typed it.
    """
    for command in reversed(subsearch.commands):
        code = _Code.of(command)
        removes = command.name == "fields" and code.text.startswith("-")
        if not removes:
            _check_names(command, code)
        if command.name in NAME_FIELDS and not removes:
            return
        if command.name not in KEEP_FIELDS:
            break
    raise refused(Rule.SUBSEARCH_FIELDS, command.name or "`")


def _check_names(command: Command, code: _Code) -> None:
    """The names of fields that a command makes or keeps stand in it, and are names and nothing else."""
    made = code.text
    match command.name:
        case "fields" | "lookup" | "rare" | "rename" | "return" | "table" | "top":
            pass
        case "stats" | "convert":
            made = made[after.start() :] if (after := _MADE_AFTER.search(made)) else ""
        case "tstats" | "inputlookup" if _APPENDS.search(made):
            raise refused(Rule.SUBSEARCH_FIELDS, command.name)
        case "tstats":
            kept = _CONDITIONS.sub("", made)
            made = kept[after.start() :] if (after := _MADE_AFTER.search(kept)) else ""
        case "eval":
            made = " ".join(_TARGET.findall(made))
        case "rex":
            made = " ".join(group for text in code.strings for group in _GROUP.findall(text))
        case "format":
            if all(map(_FORMAT_WORD.fullmatch, made.split())) and all(map(_CONJUNCTION.fullmatch, code.strings)):
                return
            raise refused(Rule.SUBSEARCH_TEXT, "format")
        case _:
            return
    names = [code.strings[int(number)] for number in _PLACEHOLDER.findall(made)]
    names += [piece.text[1:-1] for piece in command.pieces if piece.kind is Kind.NAME]
    if "$" in made:
        raise refused(Rule.SUBSEARCH_TEXT, f"{command.name} $")
    written = " ".join((made, *names))
    if "*" in written or (command.name == "eval" and _COMPUTED.search(written)):
        raise refused(Rule.SUBSEARCH_FIELDS, command.name)
    for name in names:
        if not _FIELD_NAME.fullmatch(name):
            raise refused(Rule.SUBSEARCH_TEXT, name)
    if raw := _RAW_FIELD.search(written):
        raise refused(Rule.SUBSEARCH_TEXT, raw[1])


# Names of a company's own objects


_NAMED = re.compile(r'"([^"\\]*)"|([\w.-]+)')
_OPTION = re.compile(r"([A-Za-z_]+)=")
_OPTIONS = {
    "lookup": frozenset({"local", "update", "event_time_field"}),
    "inputlookup": frozenset({"append", "start", "max", "strict"}),
}
_RELOAD = re.compile(r"\breload\b", re.IGNORECASE)
_DATASET = re.compile(r'(\w+)\s*[:=\s]\s*("[^"\\]*"|[\w.-]+)')
_EVAL_LOOKUP = re.compile(r'(?<![\w.])lookup\s*\(\s*(?:"(\d+)"\s*[,)])?', re.IGNORECASE)
_SAVED_TERM = re.compile(
    r'(?<![\w.])(savedsearch|savedsplunk)\s*(?:=\s*(?:(?:"(?P<string>\d+)"|(?P<bare>[\w.-]+))(?=[\s()]|\Z))?|[<>!:]|in\b)',
    re.IGNORECASE,
)


def _words(command: Command) -> Iterator[tuple[Piece, ...]]:
    """The arguments of a command, cut where space is."""
    word: list[Piece] = []
    for piece in (*command.pieces, Piece(Kind.SPACE)):
        if piece.kind is not Kind.SPACE:
            word.append(piece)
        elif word:
            yield tuple(word)
            word = []


def _name(word: tuple[Piece, ...]) -> str | None:
    """The name that a word is, without quotes; None where it has to be computed."""
    found = _NAMED.fullmatch("".join(map(str, word)))
    return (found[1] or found[2]) if found else None


def _is_option(command: Command, word: tuple[Piece, ...]) -> bool:
    found = _OPTION.match(str(word[0]))
    return found is not None and found[1].lower() in _OPTIONS[command.name]


def _check_lookup(command: Command, policy: SplPolicy) -> None:
    for word in _words(command):
        if not _is_option(command, word):
            return _check_named(command.name, _name(word), policy.lookups, Rule.LOOKUP)
    raise refused(Rule.NAME, command.name)


def _check_inputlookup(command: Command, policy: SplPolicy) -> None:
    named = False
    for word in _words(command):
        if _is_option(command, word):
            continue
        if named and str(word[0]).lower() == "where":
            return
        if named:
            raise refused(Rule.NAME, command.name)
        _check_named(command.name, _name(word), policy.lookups, Rule.LOOKUP)
        named = True
    if not named:
        raise refused(Rule.NAME, command.name)


def _check_savedsearch(command: Command, policy: SplPolicy) -> None:
    words = list(_words(command))
    # What else it takes is put into the text of the saved search.
    if len(words) != 1:
        raise refused(Rule.NAME, command.name)
    _check_named(command.name, _name(words[0]), policy.saved_searches, Rule.SAVED_SEARCH)


def _check_from(command: Command, policy: SplPolicy) -> None:
    _check_dataset(command.arguments, policy)


def _check_datasets(command: Command, policy: SplPolicy) -> None:
    for word in _words(command):
        text = "".join(map(str, word))
        if any(piece.kind is Kind.SUBSEARCH for piece in word) or _OPTION.match(text):
            continue
        if (
            ":" in text
            or command.name == "union"
            or text.lower() in {"datamodel", "inputlookup", "lookup", "savedsearch"}
        ):
            _check_dataset(text, policy)


def _check_dataset(text: str, policy: SplPolicy) -> None:
    found = _DATASET.fullmatch(text)
    if found is None:
        raise refused(Rule.DATASET, text)
    name = found[2].strip('"')
    match found[1].lower():
        case "datamodel":
            return
        case "savedsearch":
            _check_named("savedsearch", name, policy.saved_searches, Rule.SAVED_SEARCH)
        case "inputlookup" | "lookup":
            _check_named("lookup", name, policy.lookups, Rule.LOOKUP)
        case _:
            raise refused(Rule.DATASET, text)


def _check_eval_lookup(code: _Code, policy: SplPolicy) -> None:
    for found in _EVAL_LOOKUP.finditer(code.text):
        _check_named("lookup(", code.strings[int(found[1])] if found[1] else None, policy.lookups, Rule.LOOKUP)


def _check_saved_search_term(command: Command, code: _Code, policy: SplPolicy) -> None:
    if command.name in SET_FIELDS or command.name in {"from", "join", "union"}:
        return
    for found in _SAVED_TERM.finditer(code.text):
        name = code.strings[int(found["string"])] if found["string"] else found["bare"]
        _check_named(found[1], name, policy.saved_searches, Rule.SAVED_SEARCH)


def _check_named(what: str, name: str | None, allowed: frozenset[str], rule: Rule) -> None:
    if name is None:
        raise refused(Rule.NAME, what)
    if name not in allowed:
        raise refused(rule, name)


def _check_foreach(command: Command, code: _Code) -> None:
    """Its template is filled in as text: with a wildcard, by names of fields that come out of the data."""
    bodies = command.subsearches
    if "*" in code.text or re.search(r"\bmode\b", code.text, re.IGNORECASE):
        raise refused(Rule.TEMPLATE, code.text)
    if len(bodies) != 1 or [body.name for body in bodies[0].commands] != ["eval"]:
        raise refused(Rule.TEMPLATE, "[")
