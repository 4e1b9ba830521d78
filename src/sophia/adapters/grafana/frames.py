"""Data frames as tables (https://grafana.com/developers/dataplane/)."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from attrs import frozen

from sophia.errors import Unavailable

__all__ = ["Table", "logs", "points", "shown", "summary"]

_ODD = {"NaN": math.nan, "Inf": math.inf, "NegInf": -math.inf}


@frozen
class Table:
    """Columns and rows; ``series`` is how many series there were."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    series: int = 0


@frozen
class _Series:
    name: str
    times: tuple[int, ...]
    values: tuple[float | None, ...]


def summary(name: str, frames: Sequence[Any]) -> Table:
    """A row for each series: its last value and when, least, most, mean, and how many points.

    Raises:
        Unavailable: they are no frames that Grafana sends.
    """
    rows: list[tuple[str, ...]] = []
    for series in _read(name, frames):
        told = [(at, value) for at, value in zip(series.times, series.values, strict=True) if value is not None]
        if not told:
            rows.append((series.name, "", "", "", "", "", "0"))
            continue
        values = [value for _, value in told]
        at, last = told[-1]
        figures = (last, min(values), max(values), math.fsum(values) / len(values))
        least = [_number(figure) for figure in figures[1:]]
        rows.append((series.name, _number(last), shown(at), *least, str(len(values))))
    return Table(("series", "last", "at", "min", "max", "mean", "points"), tuple(rows), len(rows))


def points(name: str, frames: Sequence[Any]) -> Table:
    """A row for each point of each series. Raises as `summary`."""
    found = list(_read(name, frames))
    rows = [
        (shown(at), series.name, _number(value))
        for series in found
        for at, value in zip(series.times, series.values, strict=True)
        if value is not None
    ]
    return Table(("at", "series", "value"), tuple(rows), len(found))


def logs(name: str, frames: Sequence[Any]) -> Table | None:
    """A row for each line of a log, newest first; None where the frames are no log. Raises as `summary`."""
    rows: list[tuple[int, str, str]] = []
    for frame in frames:
        fields, columns = _columns(name, frame)
        names = [str(field.get("name")) for field in fields]
        if "Line" not in names or "Time" not in names:
            return None
        labels = columns[names.index("labels")] if "labels" in names else [{}] * len(columns[0])
        lines = zip(columns[names.index("Time")], columns[names.index("Line")], labels, strict=True)
        rows += [(int(at), str(line), _labels(told)) for at, line, told in lines]
    rows.sort(key=lambda row: row[0], reverse=True)
    return Table(("at", "line", "labels"), tuple((shown(at), line, told) for at, line, told in rows))


def _read(name: str, frames: Sequence[Any]) -> Iterator[_Series]:
    """Each column of numbers is a series, beside the frame's column of times."""
    for frame in frames:
        fields, columns = _columns(name, frame)
        times = next((column for field, column in zip(fields, columns, strict=True) if field["type"] == "time"), None)
        for field, column in zip(fields, columns, strict=True):
            if field["type"] == "number":
                stamps = times if times is not None else [0] * len(column)
                yield _Series(_name(frame, field), tuple(map(int, stamps)), tuple(column))


def _columns(name: str, frame: Any) -> tuple[list[Mapping[str, Any]], list[list[Any]]]:
    try:
        fields: list[Mapping[str, Any]] = [{"type": "", **field} for field in frame["schema"]["fields"]]
        columns = [list(column) for column in frame["data"]["values"]] or [[] for _ in fields]
        for column, odd in zip(columns, frame["data"].get("entities") or [], strict=False):
            for kind, places in (odd or {}).items():
                for place in places:
                    column[place] = _ODD[kind]
        is_even = len({len(column) for column in columns}) <= 1
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise Unavailable(name, "has sent no answer that can be read") from error
    if len(fields) != len(columns) or not is_even:
        raise Unavailable(name, "has sent no answer that can be read")
    return fields, columns


def _name(frame: Mapping[str, Any], field: Mapping[str, Any]) -> str:
    told = (field.get("config") or {}).get("displayNameFromDS") or frame["schema"].get("name")
    return str(told or _labels(field.get("labels") or {}) or field.get("name") or "")


def _labels(labels: Any) -> str:
    return ", ".join(f"{key}={value}" for key, value in labels.items()) if isinstance(labels, Mapping) else str(labels)


def _number(value: float) -> str:
    return f"{value:.6g}"


def shown(milliseconds: int) -> str:
    """A time in milliseconds since 1970 as people read it; nothing for 0."""
    if not milliseconds:
        return ""
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
