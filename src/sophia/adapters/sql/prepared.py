"""Statements that are compiled once: SQLAlchemy writes them and knows their types, the driver runs them.

A turn takes some twenty small statements. What SQLAlchemy does for each execution (looking the compiled form up, a
context, a result that can do everything) takes longer than the statement itself; see `docs/measurements.md`.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.sql.compiler import SQLCompiler

__all__ = ["Prepared", "Unprepared", "prepared"]

Process = Callable[[Any], Any]


class Prepared:
    """One statement for one dialect and one set of parameters' names; rows are named tuples."""

    def __init__(self, statement: Any, compiled: SQLCompiler, dialect: Dialect) -> None:
        self._sql = compiled.string
        names = compiled.positiontup if compiled.positional else compiled.bind_names.values()
        self._positional = compiled.positional
        self._constants = {name: value for name, value in compiled.params.items() if not compiled.binds[name].required}
        self._parameters = tuple(
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names or ()
        )
        columns = _columns(statement)
        self._row: Any = namedtuple("Row", [column["name"] for column in columns], rename=True)  # type: ignore[misc]  # noqa: PYI024 -- its fields are not known before
        processes = (column["type"].dialect_impl(dialect).result_processor(dialect, None) for column in columns)
        self._processes = tuple((i, process) for i, process in enumerate(processes) if process is not None)

    def rows(self, connection: Connection, values: Mapping[str, object]) -> list[Any]:
        """Run it; all of its rows."""
        cursor = _cursor(connection)
        cursor.execute(self._sql, self._bound(values))
        found = cursor.fetchall()
        if not self._processes:
            return list(map(self._row._make, found))
        rows = []
        for columns in found:
            row = list(columns)
            for i, process in self._processes:
                row[i] = process(row[i])
            rows.append(self._row._make(row))
        return rows

    def change(self, connection: Connection, values: Mapping[str, object]) -> int:
        """Run it; how many rows it touched."""
        cursor = _cursor(connection)
        cursor.execute(self._sql, self._bound(values))
        touched: int = cursor.rowcount
        return touched

    def change_all(self, connection: Connection, values: Sequence[Mapping[str, object]]) -> None:
        """Run it once for each set of values."""
        _cursor(connection).executemany(self._sql, [self._bound(one) for one in values])

    def _bound(self, values: Mapping[str, object]) -> Any:
        if self._constants:
            values = {**self._constants, **values}
        if self._positional:
            return [process(values[name]) if process else values[name] for name, process in self._parameters]
        return {name: process(values[name]) if process else values[name] for name, process in self._parameters}


class Unprepared:
    """A statement that is another with each number of values, so that SQLAlchemy runs it; alike in use."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement

    def rows(self, connection: Connection, values: Mapping[str, object]) -> Sequence[Any]:
        """See `Prepared`."""
        return connection.execute(self._statement, values).all()

    def change(self, connection: Connection, values: Mapping[str, object]) -> int:
        """See `Prepared`."""
        return connection.execute(self._statement, values).rowcount

    def change_all(self, connection: Connection, values: Sequence[Mapping[str, object]]) -> None:
        """See `Prepared`."""
        connection.execute(self._statement, values)


_prepared: dict[tuple[str, Executable, tuple[str, ...]], Prepared | Unprepared] = {}


def prepared(statement: Executable, dialect: Dialect, names: Iterable[str]) -> Prepared | Unprepared:
    """A statement to run with parameters of these names. Kept for good: it has to be a constant of a module."""
    key = (dialect.name, statement, tuple(names))
    if key not in _prepared:
        made: Any = statement
        compiled = made.compile(dialect=dialect, column_keys=list(key[2]))
        _prepared[key] = Unprepared(made) if compiled.post_compile_params else Prepared(made, compiled, dialect)
    return _prepared[key]


def _cursor(connection: Connection) -> Any:
    return connection.connection.cursor()


def _columns(statement: Any) -> Sequence[Mapping[str, Any]]:
    if statement.is_select:
        return statement.column_descriptions  # type: ignore[no-any-return]
    return statement.returning_column_descriptions if statement._returning else ()  # noqa: SLF001
