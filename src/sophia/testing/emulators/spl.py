"""A small part of Splunk's search language, run over events: what the emulated Splunk answers by itself.

It knows ``search`` (terms, comparisons, wildcards, ``IN``, ``NOT``/``OR``/``AND``, parentheses), ``where``, ``stats``,
``timechart``, ``bin``, ``top``, ``head``, ``tail``, ``sort``, ``table``, ``fields``, ``rename``, ``dedup`` and
``savedsearch``. Anything else it refuses; it never guesses.

Source: https://docs.splunk.com/Documentation/Splunk/latest/SearchReference
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import partial
from operator import ge, gt, le, lt
from typing import TypeAlias

from attrs import define, frozen

from sophia.testing.emulators.day import ZONE, Day

__all__ = ["WRITING", "Outcome", "Row", "SearchRefused", "expanded", "fill_in", "moment", "pipeline", "run", "writing"]

Row: TypeAlias = dict[str, str | list[str]]
_Test: TypeAlias = Callable[[Row], bool]

WRITING = frozenset(
    "collect delete dump map mcollect meventcollect outputcsv outputlookup outputtext run runshellscript script "
    "sendalert sendemail tscollect".split()
)
"""The commands that write or run something."""

_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("w", "week", "weeks"), "w"),
}
_SPANS = {
    unit: timedelta(**{name: 1})
    for unit, name in zip("smhdw", ("seconds", "minutes", "hours", "days", "weeks"), strict=True)
}
_MOST_BUCKETS = 50_000


class SearchRefused(Exception):
    """The search cannot be run; the message is what Splunk (or its emulator) says."""


@frozen
class Outcome:
    """What a search found: its rows, and whether they were made of events (else they are the events, newest first)."""

    rows: list[Row]
    is_transformed: bool


@define
class _Running:
    day: Day
    earliest: datetime | None
    latest: datetime
    is_transformed: bool = False


def moment(text: str, now: datetime) -> datetime | None:
    """What a time modifier means (``-24h@h``, ``@d``, epoch seconds, ISO 8601, ``now``); None: from the beginning.

    Source: https://docs.splunk.com/Documentation/Splunk/latest/Search/Specifytimemodifiersinyoursearch

    Raises:
        SearchRefused: it means nothing.
    """
    if text in {"", "0"}:
        return None
    if text == "now":
        return now
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return datetime.fromtimestamp(float(text), now.tzinfo)
    if re.match(r"\d{4}-\d\d-\d\d", text):
        try:
            at = datetime.fromisoformat(text)
        except ValueError as exc:
            raise SearchRefused(f"Invalid time: {text}") from exc
        return at if at.tzinfo else at.replace(tzinfo=ZONE)
    steps = re.findall(r"([+-]\d*|@)([a-z]+)", text)
    if not steps or "".join(sign + unit for sign, unit in steps) != text:
        raise SearchRefused(f"Invalid time modifier: {text}")
    at = now.astimezone(ZONE)
    for sign, name in steps:
        unit = _UNITS.get(name)
        if unit is None:
            raise SearchRefused(f"Invalid time modifier: {text}")
        if sign == "@":
            at = _snapped(at, unit)
        else:
            count = int(sign) if sign[1:] else int(sign + "1")
            moved = at + count * _SPANS[unit] if unit in "dw" else at.timestamp() + count * _SPANS[unit].total_seconds()
            at = moved if isinstance(moved, datetime) else datetime.fromtimestamp(moved, ZONE)
    return at


def _snapped(at: datetime, unit: str) -> datetime:
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    match unit:
        case "s":
            return at.replace(microsecond=0)
        case "m":
            return at.replace(second=0, microsecond=0)
        case "h":
            return at.replace(minute=0, second=0, microsecond=0)
        case "d":
            return day
        case _:
            return day - timedelta(days=(day.weekday() + 1) % 7)  # a week begins on Sunday


def fill_in(search: str, arguments: Mapping[str, str]) -> str:
    """A saved search with its arguments, as it is run: kept without its first ``search``, which may be left out there.

    Raises:
        SearchRefused: one is missing.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] not in arguments:
            raise SearchRefused(f"Encountered the following error while running the saved search: missing ${match[1]}$")
        return arguments[match[1]]

    text = search if re.match(r"\s*(\||search\s)", search) else f"search {search}"
    return re.sub(r"\$([a-zA-Z_]\w*)\$", value, text)


def pipeline(search: str) -> list[str]:
    """The commands of a search, each with its arguments. The first one too has a name, as the REST API wants it.

    Raises:
        SearchRefused: it does not read as a pipeline.
    """
    text = re.sub(r"```.*?```", " ", search, flags=re.DOTALL)
    macro = re.search(r"`([^`]*)`", text)
    if macro:
        raise SearchRefused(f"Error in 'SearchParser': The search specifies a macro '{macro[1]}' that cannot be found.")
    stages, quoted, begun = [], False, 0
    for at, char in enumerate(text):
        if char == '"' and (at == 0 or text[at - 1] != "\\"):
            quoted = not quoted
        elif char in "[]" and not quoted:
            raise SearchRefused("The emulated Splunk runs no subsearches.")
        elif char == "|" and not quoted:
            stages.append(text[begun:at].strip())
            begun = at + 1
    if quoted:
        raise SearchRefused("Error in 'SearchParser': Mismatched quotes.")
    stages.append(text[begun:].strip())
    if not stages[0]:
        stages = stages[1:]
    if not stages or not all(stages):
        raise SearchRefused("Error in 'SearchParser': Missing a search command before '|'.")
    return stages


def expanded(search: str, day: Day) -> str:
    """The search with the text of the saved search that it begins with (``| savedsearch "name" argument=value``).

    Raises:
        SearchRefused: there is none of that name, or an argument is missing.
    """
    found = re.match(r"\s*\|\s*savedsearch\s+([^|]*)", search)
    if found is None:
        return search
    name, *given = (_unquoted(token) for token in re.findall(r'"[^"]*"|[^\s"=]+="[^"]*"|\S+', found[1]))
    saved = next((one for one in day.saved if one.name == name), None)
    if saved is None:
        raise SearchRefused(f"Error in 'savedsearch' command: Unable to find saved search named '{name}'.")
    arguments = {key: _unquoted(value) for key, _, value in (one.partition("=") for one in given)}
    return fill_in(saved.search, arguments) + search[found.end() :]


def writing(search: str) -> str:
    """The first command of a search that would write or run something, also in a subsearch; nothing: none would."""
    bare = re.sub(r'```.*?```|"(?:[^"\\]|\\.)*"', " ", search, flags=re.DOTALL)
    commands = re.findall(r"(?:^|[|\[])\s*(\w+)", bare)
    return next((command for command in commands if command.lower() in WRITING), "")


def run(search: str, day: Day, earliest: datetime | None, latest: datetime) -> Outcome:
    """Run a search over the events of a day.

    Args:
        search: the pipeline.
        day: whose events, and whose saved searches.
        earliest: the first moment looked at; None: all.
        latest: the first moment no longer looked at.

    Raises:
        SearchRefused: it reads wrong, or asks for what is not emulated.
    """
    stages = [_named(stage) for stage in pipeline(expanded(search, day))]
    for name, _ in stages:
        if name not in _COMMANDS and name != "search":
            raise SearchRefused(f"Unknown search command '{name}' (the emulated Splunk knows but a part of them).")
    name, rest = stages[0]
    if name != "search":
        raise SearchRefused(f"Error in '{name}' command: This command must not be the first command of a search.")
    rest, inline = _without_times(rest)
    if "earliest" in inline:
        earliest = moment(inline["earliest"], day.now())
    if "latest" in inline:
        latest = moment(inline["latest"], day.now()) or latest
    test = _expression(rest, is_search=True)
    rows = [
        row
        for event in reversed(day.events)
        if (earliest is None or event.at >= earliest) and event.at < latest
        for row in [_row(event.fields)]
        if test(row)
    ]
    running = _Running(day, earliest, latest)
    for command, arguments in stages[1:]:
        if command == "search":
            again = _expression(arguments, is_search=True)
            rows = [row for row in rows if again(row)]
        else:
            rows = _COMMANDS[command](rows, arguments, running)
    return Outcome(rows, running.is_transformed)


def _named(stage: str) -> tuple[str, str]:
    found = re.match(r"(\w*)(.*)", stage, re.DOTALL)
    return (found[1].lower(), found[2].strip()) if found else ("", stage)


def _row(fields: Mapping[str, str | Sequence[str]]) -> Row:
    return {name: value if isinstance(value, str) else list(value) for name, value in fields.items()}


def _without_times(text: str) -> tuple[str, dict[str, str]]:
    found = {name: _unquoted(value) for name, value in re.findall(r'\b(earliest|latest)=("[^"]*"|\S+)', text)}
    return re.sub(r'\b(earliest|latest)=("[^"]*"|\S+)', " ", text), found


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('\\"', '"')
    return text


# --- expressions of `search` and `where`

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|!=|<=|>=|==|[()=<>,]|[^\s()"=!<>,]+)')


def _expression(text: str, *, is_search: bool) -> _Test:
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != re.sub(r'("(?:[^"\\]|\\.)*")|\s', lambda match: match[1] or "", text):
        raise SearchRefused(f"Error in 'SearchParser': cannot read '{text}'.")
    if not tokens:
        return lambda _: True
    parser = _Parser(tokens, is_search=is_search)
    test = parser.outer()
    if parser.tokens:
        raise SearchRefused(f"Error in 'SearchParser': unexpected '{parser.tokens[0]}'.")
    return test


class _Parser:
    """In ``search``, OR binds closer than AND; in ``where``, AND does."""

    def __init__(self, tokens: list[str], *, is_search: bool) -> None:
        self.tokens = tokens
        self._is_search = is_search

    def outer(self) -> _Test:
        return self._ands(self._ors) if self._is_search else self._ors_of(lambda: self._ands(self._unit))

    def _ors(self) -> _Test:
        return self._ors_of(self._unit)

    def _ors_of(self, part: Callable[[], _Test]) -> _Test:
        parts = [part()]
        while self._take("OR"):
            parts.append(part())
        return lambda row: any(test(row) for test in parts)

    def _ands(self, part: Callable[[], _Test]) -> _Test:
        parts = [part()]
        while self.tokens and self.tokens[0] not in {")", "OR"}:
            if not self._take("AND") and not self._is_search:
                raise SearchRefused(f"Error in 'where' command: unexpected '{self.tokens[0]}'.")
            parts.append(part())
        return lambda row: all(test(row) for test in parts)

    def _unit(self) -> _Test:
        if self._take("NOT"):
            test = self._unit()
            return lambda row: not test(row)
        if self._take("("):
            test = self.outer()
            self._need(")")
            return test
        name = self._next()
        for operator in ("!=", "<=", ">=", "==", "=", "<", ">"):
            if self._take(operator):
                return _comparison(_unquoted(name), operator, self._next(), is_search=self._is_search)
        if self._take("IN"):
            self._need("(")
            values = [self._next()]
            while not self._take(")"):
                self._take(",")
                values.append(self._next())
            tests = [_comparison(_unquoted(name), "=", value, is_search=self._is_search) for value in values]
            return lambda row: any(test(row) for test in tests)
        if not self._is_search:
            raise SearchRefused(f"Error in 'where' command: '{name}' is no comparison.")
        word = "*" + _unquoted(name).lower() + "*"
        return lambda row: fnmatchcase(str(row.get("_raw", "")).lower(), word)

    def _take(self, token: str) -> bool:
        if self.tokens and self.tokens[0] == token:
            self.tokens.pop(0)
            return True
        return False

    def _need(self, token: str) -> None:
        if not self._take(token):
            raise SearchRefused(f"Error in 'SearchParser': Missing '{token}'.")

    def _next(self) -> str:
        if not self.tokens or self.tokens[0] in {"(", ")", ",", "=", "OR", "AND"}:
            raise SearchRefused("Error in 'SearchParser': an expression ends too early.")
        return self.tokens.pop(0)


def _comparison(field: str, operator: str, value: str, *, is_search: bool) -> _Test:
    is_field = not is_search and not value.startswith('"') and _number(value) is None  # a bare word in `where`

    def equals(row: Row, one: str) -> bool:
        other = " ".join(_values(row, value)) if is_field else _unquoted(value)
        if is_search:
            return fnmatchcase(one.lower(), other.lower())
        left, right = _number(one), _number(other)
        return one == other if left is None or right is None else left == right

    def compares(row: Row, one: str) -> bool:
        left, right = _number(one), _number(" ".join(_values(row, value)) if is_field else _unquoted(value))
        return left is not None and right is not None and _ORDERS[operator](left, right)

    def test(row: Row) -> bool:
        values = _values(row, field)
        if operator == "!=":
            return bool(values) and not any(equals(row, one) for one in values)
        return any((equals if operator in {"=", "=="} else compares)(row, one) for one in values)

    return test


_ORDERS: Mapping[str, Callable[[float, float], bool]] = {"<": lt, ">": gt, "<=": le, ">=": ge}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


# --- commands

_AGGREGATE = re.compile(r"(\w+)(?:\(([^)]*)\))?(?:\s+(?:as|AS)\s+(\"[^\"]+\"|[\w.:-]+))?")


@frozen
class _Aggregate:
    function: str
    field: str
    name: str

    def of(self, rows: Sequence[Row]) -> str | list[str]:
        values = [one for row in rows for one in _values(row, self.field)]
        numbers = [number for number in map(_number, values) if number is not None]
        match self.function:
            case "count" | "c":
                return str(len(values) if self.field else len(rows))
            case "dc" | "distinct_count":
                return str(len(set(values)))
            case "values":
                return _few(sorted(set(values)))
            case "list":
                return _few(values)
            case "sum" | "avg" | "mean" | "min" | "max":
                return _calculated(self.function, numbers) if numbers else ""
            case "latest" | "first":
                return values[0] if values else ""
            case _:
                return values[-1] if values else ""


_FUNCTIONS = frozenset("count c dc distinct_count values list sum avg mean min max latest first earliest last".split())


def _calculated(function: str, numbers: Sequence[float]) -> str:
    result = {
        "sum": sum(numbers),
        "min": min(numbers),
        "max": max(numbers),
        "avg": sum(numbers) / len(numbers),
        "mean": sum(numbers) / len(numbers),
    }[function]
    return str(int(result)) if result == int(result) else str(round(result, 6))


def _few(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


def _values(row: Row, field: str) -> list[str]:
    value = row.get(field, [])
    return [value] if isinstance(value, str) else value


def _aggregates(text: str, command: str) -> tuple[list[_Aggregate], list[str]]:
    told, _, by = re.sub(r"\s+BY\s+", " by ", f" {text} ").partition(" by ")
    found = []
    for function, field, name in _AGGREGATE.findall(told.replace(",", " ")):
        if function not in _FUNCTIONS or (not field and function not in {"count", "c"}):
            raise SearchRefused(f"Error in '{command}' command: The argument '{function}' is invalid.")
        shown = _unquoted(name) or (f"{function}({field})" if field else "count")
        found.append(_Aggregate(function, field.strip(), shown))
    if not found:
        raise SearchRefused(f"Error in '{command}' command: At least one function is needed.")
    return found, _names(by)


def _names(text: str) -> list[str]:
    return [_unquoted(name) for name in re.findall(r'"[^"]+"|[^\s,]+', text)]


def _stats(rows: list[Row], arguments: str, running: _Running) -> list[Row]:
    aggregates, by = _aggregates(arguments, "stats")
    running.is_transformed = True
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        for key in _keys(row, by):
            groups.setdefault(key, []).append(row)
    if not by:
        groups = {(): rows}
    return [
        {**dict(zip(by, key, strict=True)), **{one.name: one.of(groups[key]) for one in aggregates}}
        for key in sorted(groups)
    ]


def _keys(row: Row, by: Sequence[str]) -> list[tuple[str, ...]]:
    keys: list[tuple[str, ...]] = [()]
    for name in by:
        keys = [(*key, value) for key in keys for value in _values(row, name)]
    return keys


def _timechart(rows: list[Row], arguments: str, running: _Running) -> list[Row]:
    found = re.search(r"\bspan=(\d+)([a-z]+)", arguments)
    text = re.sub(r"\b(span|limit|useother)=\S+", " ", arguments)
    aggregates, by = _aggregates(text, "timechart")
    if len(by) > 1 or (by and len(aggregates) > 1):
        raise SearchRefused("Error in 'timechart' command: The emulated Splunk splits one function by one field.")
    running.is_transformed = True
    moments = {id(row): datetime.fromisoformat(str(row["_time"])) for row in rows}
    first = running.earliest or min(moments.values(), default=running.latest)
    span = _span(found, running.latest - first)
    starts = list(_buckets(first, running.latest, span))
    splits = sorted({value for row in rows for name in by for value in _values(row, name)})
    buckets: dict[datetime, list[Row]] = {start: [] for start in starts}
    for row in rows:
        buckets.setdefault(_bucket(moments[id(row)], span), []).append(row)
    charted = []
    for start in starts:
        shown: Row = {"_time": _stamp(start), "_span": str(int(span.total_seconds()))}
        if by:
            for split in splits:
                shown[split] = aggregates[0].of([row for row in buckets[start] if split in _values(row, by[0])])
        else:
            shown.update({one.name: one.of(buckets[start]) for one in aggregates})
        charted.append(shown)
    return charted


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def _span(found: re.Match[str] | None, whole: timedelta) -> timedelta:
    if found is not None:
        unit = _UNITS.get(found[2])
        if unit is None or not int(found[1]):
            raise SearchRefused(f"Invalid value for 'span': {found[1]}{found[2]}")
        return int(found[1]) * _SPANS[unit]
    for limit, span in ((15, 1 / 6), (60, 1), (240, 5), (1440, 30)):
        if whole <= timedelta(minutes=limit):
            return timedelta(minutes=span)
    return timedelta(days=1)


def _bucket(at: datetime, span: timedelta) -> datetime:
    """Where the bucket of a moment begins; buckets are counted from the midnight of its day, or of a Monday."""
    local = at.astimezone(ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if span > timedelta(days=1):
        return midnight - timedelta(days=midnight.toordinal() % (span.days or 1))
    return midnight + (local - midnight) // span * span


def _buckets(first: datetime, latest: datetime, span: timedelta) -> Iterator[datetime]:
    at = _bucket(first, span)
    for _ in range(_MOST_BUCKETS):
        if at >= latest:
            return
        yield at
        at = _bucket(at + span, span)
    raise SearchRefused("Error in 'timechart' command: There are too many buckets.")


def _bin(rows: list[Row], arguments: str, _: _Running) -> list[Row]:
    found = re.fullmatch(r"(?:_time\s+)?span=(\d+)([a-z]+)(?:\s+_time)?", arguments.strip())
    if found is None:
        raise SearchRefused("Error in 'bin' command: The emulated Splunk puts but _time into bins, with a span.")
    span = _span(found, timedelta(0))
    return [{**row, "_time": _stamp(_bucket(datetime.fromisoformat(str(row["_time"])), span))} for row in rows]


def _top(rows: list[Row], arguments: str, running: _Running) -> list[Row]:
    limit = re.search(r"\blimit=(\d+)", arguments)
    names = _names(re.sub(r"\b(limit|showperc)=\S+", " ", arguments))
    if len(names) != 1:
        raise SearchRefused("Error in 'top' command: The emulated Splunk counts one field.")
    running.is_transformed = True
    counts = Counter(value for row in rows for value in _values(row, names[0]))
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: int(limit[1]) if limit else 10]
    total = counts.total()
    return [{names[0]: value, "count": str(count), "percent": f"{100 * count / total:.6f}"} for value, count in most]


def _where(rows: list[Row], arguments: str, _: _Running) -> list[Row]:
    test = _expression(arguments, is_search=False)
    return [row for row in rows if test(row)]


def _head(rows: list[Row], arguments: str, _: _Running) -> list[Row]:
    return rows[: _count(arguments, "head")]


def _tail(rows: list[Row], arguments: str, _: _Running) -> list[Row]:
    return rows[::-1][: _count(arguments, "tail")]


def _count(arguments: str, command: str) -> int:
    text = arguments.removeprefix("limit=").strip() or "10"
    if not text.isdigit():
        raise SearchRefused(f"Error in '{command}' command: '{text}' is no number.")
    return int(text)


def _sort(rows: list[Row], arguments: str, _: _Running) -> list[Row]:
    limit = re.match(r"(?:limit=)?(\d+)\s+", arguments)
    for sign, name in reversed(re.findall(r"([+-]?)\s*([^\s,+-][^\s,]*)", arguments[limit.end() if limit else 0 :])):
        rows = sorted(rows, key=partial(_order, name), reverse=sign == "-")
    return rows[: int(limit[1])] if limit and int(limit[1]) else rows


def _order(name: str, row: Row) -> tuple[int, float, str]:
    value = " ".join(_values(row, name))
    number = _number(value)
    return (0, number, "") if number is not None else (1, 0.0, value)


def _table(rows: list[Row], arguments: str, running: _Running) -> list[Row]:
    running.is_transformed = True
    names = _names(arguments)
    return [{name: row[name] for name in names if name in row} for row in rows]


def _fields(rows: list[Row], arguments: str, _: _Running) -> list[Row]:
    minus = re.match(r"-\s+(.*)", arguments, re.DOTALL)
    if minus:
        gone = set(_names(minus[1]))
        return [{name: value for name, value in row.items() if name not in gone} for row in rows]
    kept = [*_names(arguments.removeprefix("+ ")), "_time", "_raw"]
    return [{name: row[name] for name in kept if name in row} for row in rows]


def _rename(rows: list[Row], arguments: str, _: _Running) -> list[Row]:
    pairs = re.findall(r'("[^"]+"|[^\s,]+)\s+(?:as|AS)\s+("[^"]+"|[^\s,]+)', arguments)
    if not pairs:
        raise SearchRefused("Error in 'rename' command: Usage: rename [old_name AS new_name]+.")
    names = {_unquoted(old): _unquoted(new) for old, new in pairs}
    return [{names.get(name, name): value for name, value in row.items()} for row in rows]


def _dedup(rows: list[Row], arguments: str, _: _Running) -> list[Row]:
    names, seen, kept = _names(arguments), set(), []
    for row in rows:
        key = tuple(tuple(_values(row, name)) for name in names)
        if all(key) and key not in seen:
            seen.add(key)
            kept.append(row)
    return kept


_COMMANDS: Mapping[str, Callable[[list[Row], str, _Running], list[Row]]] = {
    "bin": _bin,
    "dedup": _dedup,
    "fields": _fields,
    "head": _head,
    "rename": _rename,
    "sort": _sort,
    "stats": _stats,
    "table": _table,
    "tail": _tail,
    "timechart": _timechart,
    "top": _top,
    "where": _where,
}
