"""What the roles of one transaction share: its connection, its scope, and the cursors of its lists."""

import base64
import binascii
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from attrs import define, field
from sqlalchemy import Boolean, ColumnElement, Connection, Executable, Row, Table, and_, bindparam, or_, select

from sophia.adapters.sql.prepared import prepared
from sophia.domain.runs import Sequenced
from sophia.domain.tenancy import Actor, TenantScope
from sophia.errors import Fault, InvalidInput, PermissionDenied

__all__ = [
    "NO_CURSOR",
    "NewestFirst",
    "Unit",
    "batches",
    "from_cursor",
    "mine",
    "number_in",
    "require_system",
    "to_cursor",
]

T = TypeVar("T")

NO_CURSOR = Fault("/cursor", "not a cursor of this list; use the one that an earlier page gave out")

_DIGITS = 9

_BATCH = 500
"""How many values one IN list takes; SQLite and Postgres both take more."""


def mine(table: Table) -> ColumnElement[bool]:
    """Rows of the scope's company and user; SOPHIA's own scope passes every user."""
    return and_(
        table.c.company_id == bindparam("company"),
        or_(bindparam("everyone", type_=Boolean), table.c.user_id == bindparam("user")),
    )


@define
class Unit:
    """One open transaction.

    Attributes:
        advanced: what was written to logs, by their id; told to those who listen once it is committed.
    """

    connection: Connection
    scope: TenantScope
    advanced: defaultdict[str, list[Sequenced]] = field(factory=lambda: defaultdict(list))

    @property
    def everyone(self) -> bool:
        """Whether the scope sees the whole company."""
        return self.scope.actor is Actor.SYSTEM

    def of_company(self, **values: object) -> dict[str, object]:
        """Parameters of a statement that is limited to the scope's company."""
        return {"company": self.scope.company_id, **values}

    def of_user(self, **values: object) -> dict[str, object]:
        """Parameters of a statement that is limited by `mine`."""
        return {"company": self.scope.company_id, "user": self.scope.user_id, "everyone": self.everyone, **values}

    def first(self, statement: Executable, values: Mapping[str, object]) -> Row[Any] | None:
        """The first row, if any."""
        rows = self.rows(statement, values)
        return rows[0] if rows else None

    def rows(self, statement: Executable, values: Mapping[str, object]) -> Sequence[Row[Any]]:
        """All rows."""
        return prepared(statement, self.connection.dialect, values).rows(self.connection, values)

    def change(self, statement: Executable, values: Mapping[str, object]) -> int:
        """Run a statement; how many rows it touched."""
        return prepared(statement, self.connection.dialect, values).change(self.connection, values)

    def change_all(self, statement: Executable, values: Sequence[Mapping[str, object]]) -> None:
        """Run a statement once for each set of values."""
        if values:
            prepared(statement, self.connection.dialect, values[0]).change_all(self.connection, values)


class NewestFirst:
    """A list of a user's own things, by falling id, a page at a time.

    There is a statement for each case, so that each can follow an index.
    """

    def __init__(self, table: Table) -> None:
        self._name = table.name
        columns = table.c
        self._statements = {
            (everyone, begun): select(table)
            .where(columns.company_id == bindparam("company"), *whose, *where)
            .order_by(columns.id.desc())
            .limit(bindparam("count"))
            for everyone, whose in ((True, ()), (False, (columns.user_id == bindparam("user"),)))
            for begun, where in ((False, ()), (True, (columns.id < bindparam("before"),)))
        }

    def page(self, unit: Unit, limit: int, cursor: str | None) -> tuple[Sequence[Row[Any]], str | None]:
        """The rows of a page, and the cursor of the next one.

        Raises:
            InvalidInput: this list never gave out such a cursor.
        """
        values = unit.of_user(count=limit + 1)
        if cursor is not None:
            values["before"] = from_cursor(self._name, cursor)
        rows = unit.rows(self._statements[unit.everyone, cursor is not None], values)
        return rows[:limit], to_cursor(self._name, rows[limit - 1].id) if len(rows) > limit else None


def require_system(scope: TenantScope) -> None:
    """Pass for SOPHIA's own scope only.

    Raises:
        PermissionDenied: for any other.
    """
    if scope.actor is not Actor.SYSTEM:
        raise PermissionDenied("system", "this is for SOPHIA's own work only")


def to_cursor(listing: str, key: str | int) -> str:
    """An opaque cursor: where to go on in one list."""
    return base64.urlsafe_b64encode(f"{listing}\n{key}".encode()).decode().rstrip("=")


def from_cursor(listing: str, cursor: str) -> str:
    """The key in a cursor.

    Raises:
        InvalidInput: this list never gave out such a cursor.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        name, _, key = base64.b64decode(padded, altchars=b"-_", validate=True).decode().rpartition("\n")
    except (binascii.Error, ValueError):
        name = key = ""
    if name != listing or not (key and key.isprintable()):
        raise InvalidInput(NO_CURSOR)
    return key


def number_in(text: str) -> int | None:
    """The number that a text is, None when it is none that a column could hold."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values in stretches that fit one IN list."""
    for start in range(0, len(values), _BATCH):
        yield values[start : start + _BATCH]
