"""A small part of PromQL and LogQL, over the metrics and the logs of a day: what the emulated Grafana can query.

It knows selectors (``=``, ``!=``, ``=~``, ``!~``), a comparison with a number, and ``sum``, ``max``, ``min``, ``avg``,
``count`` with ``by``; of logs, line filters (``|=``, ``!=``, ``|~``, ``!~``), ``count_over_time`` and ``rate``.
Anything else it refuses.

Source: https://prometheus.io/docs/prometheus/latest/querying/basics/, https://grafana.com/docs/loki/latest/query/
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from operator import eq, ge, gt, le, lt, ne
from typing import TypeAlias

from attrs import field, frozen

from sophia.testing.emulators.day import Day, Event

__all__ = ["Curve", "QueryRefused", "is_about_logs", "log_lines", "measured"]

_At: TypeAlias = Callable[[datetime], float | None]
_WINDOW = timedelta(days=7)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_ORDERS = {"<": lt, ">": gt, "<=": le, ">=": ge, "==": eq, "!=": ne}
_AGGREGATES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "sum": sum,
    "max": max,
    "min": min,
    "avg": lambda values: sum(values) / len(values),
    "count": len,
}
_AGGREGATE = re.compile(r"(sum|max|min|avg|count)\s*(?:by\s*\(([^)]*)\)\s*)?\((.*)\)\s*", re.DOTALL)
_AGGREGATE_BY = re.compile(r"(sum|max|min|avg|count)\s*\((.*)\)\s*by\s*\(([^)]*)\)\s*", re.DOTALL)
_SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)?\s*(?:\{(.*?)\})?\s*", re.DOTALL)
_MATCHER = re.compile(r'\s*(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)')
_COMPARED = re.compile(r"(.*[\w)}\s])(<=|>=|==|!=|<|>)\s*(-?\d+(?:\.\d+)?)\s*", re.DOTALL)
_LINES = re.compile(r'\{(.*?)\}((?:\s*(?:\|=|!=|\|~|!~)\s*"(?:[^"\\]|\\.)*")*)\s*', re.DOTALL)
_FILTER = re.compile(r'(\|=|!=|\|~|!~)\s*"((?:[^"\\]|\\.)*)"')
_OVER_TIME = re.compile(r"(count_over_time|rate)\s*\((.*)\[(\d+)([smhd])\]\s*\)\s*", re.DOTALL)


class QueryRefused(Exception):
    """The expression cannot be evaluated; the message says why."""


@frozen
class Curve:
    """A value in time, with its labels."""

    labels: Mapping[str, str] = field(hash=False)
    at: _At = field(hash=False)


def is_about_logs(expression: str) -> bool:
    """Whether it selects lines, and does not count them."""
    return _LINES.fullmatch(expression.strip()) is not None


def measured(expression: str, day: Day) -> list[Curve]:
    """What an expression yields: a curve for each set of labels.

    Raises:
        QueryRefused: it reads wrong, or asks for what is not emulated.
    """
    text = expression.strip()
    counted = _OVER_TIME.fullmatch(text)
    if counted:
        return _counted(counted, day)
    after = _AGGREGATE_BY.fullmatch(text)
    if after:
        return _aggregated(_AGGREGATES[after[1]], _names(after[3]), measured(after[2], day))
    aggregate = _AGGREGATE.fullmatch(text)
    if aggregate:
        return _aggregated(_AGGREGATES[aggregate[1]], _names(aggregate[2] or ""), measured(aggregate[3], day))
    compared = _COMPARED.fullmatch(text)
    if compared:
        order, limit = _ORDERS[compared[2]], float(compared[3])
        return [
            Curve(one.labels, _kept(one.at, lambda value: order(value, limit))) for one in measured(compared[1], day)
        ]
    selector = _SELECTOR.fullmatch(text)
    if not selector or not (selector[1] or selector[2]):
        raise QueryRefused(f"parse error: the emulated Prometheus cannot read '{text}'")
    matches = _matcher(selector[2] or "")
    curves = [Curve({"__name__": one.metric, **one.labels}, one.at) for one in day.series]
    return [one for one in curves if selector[1] in {None, one.labels["__name__"]} and matches(one.labels)]


def log_lines(expression: str, day: Day, since: datetime, until: datetime) -> Iterator[tuple[Mapping[str, str], Event]]:
    """The lines that an expression selects, each with the labels of its stream, newest first.

    Raises:
        QueryRefused: it reads wrong, or asks for what is not emulated.
    """
    selector = _LINES.fullmatch(expression.strip())
    if not selector:
        raise QueryRefused(f"parse error: the emulated Loki cannot read '{expression}'")
    matches, filters = _matcher(selector[1]), [_filter(*found) for found in _FILTER.findall(selector[2])]
    for event in reversed(day.events):
        labels = {"job": str(event.fields["index"]), "host": str(event.fields["host"])}
        line = str(event.fields["_raw"])
        if since <= event.at < until and matches(labels) and all(passes(line) for passes in filters):
            yield labels, event


def _matcher(text: str) -> Callable[[Mapping[str, str]], bool]:
    found = _MATCHER.findall(text)
    if _MATCHER.sub("", text).strip():
        raise QueryRefused(f"parse error: the emulator cannot read '{{{text}}}'")
    return lambda labels: all(_holds(operator, value, labels.get(name, "")) for name, operator, value in found)


def _holds(operator: str, value: str, label: str) -> bool:
    is_same = re.fullmatch(value, label) is not None if operator.endswith("~") else label == value
    return is_same is not operator.startswith("!")


def _filter(operator: str, value: str) -> Callable[[str], bool]:
    pattern = re.compile(value if operator.endswith("~") else re.escape(value.replace('\\"', '"')))
    return lambda line: (pattern.search(line) is not None) is not operator.startswith("!")


def _counted(found: re.Match[str], day: Day) -> list[Curve]:
    function, span = found[1], timedelta(**{_UNITS[found[4]]: int(found[3])})
    streams: dict[tuple[tuple[str, str], ...], list[datetime]] = {}
    for labels, event in log_lines(found[2], day, day.made - _WINDOW, day.now()):
        streams.setdefault(tuple(sorted(labels.items())), []).append(event.at)
    divisor = span.total_seconds() if function == "rate" else 1.0

    def counts(moments: Sequence[datetime]) -> _At:
        def at(moment: datetime) -> float | None:
            count = bisect_right(moments, moment) - bisect_right(moments, moment - span)
            return count / divisor if count else None

        return at

    return [Curve(dict(labels), counts(moments[::-1])) for labels, moments in streams.items()]


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _aggregated(
    function: Callable[[Sequence[float]], float], by: Sequence[str], curves: Sequence[Curve]
) -> list[Curve]:
    groups: dict[tuple[str, ...], list[Curve]] = {}
    for curve in curves:
        groups.setdefault(tuple(curve.labels.get(name, "") for name in by), []).append(curve)

    def together(group: Sequence[Curve]) -> _At:
        def at(moment: datetime) -> float | None:
            values = [value for curve in group if (value := curve.at(moment)) is not None]
            return float(function(values)) if values else None

        return at

    return [Curve(dict(zip(by, key, strict=True)), together(group)) for key, group in groups.items()]


def _kept(at: _At, passes: Callable[[float], bool]) -> _At:
    def kept(moment: datetime) -> float | None:
        value = at(moment)
        return value if value is not None and passes(value) else None

    return kept
