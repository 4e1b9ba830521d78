"""Deliveries that wait."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, delete, func, insert, or_, select, update

from sophia.adapters.sql.tables import outbox
from sophia.adapters.sql.unit import Unit, require_system
from sophia.domain.runs import Lease
from sophia.errors import LeaseLost
from sophia.ports.records import Outbox

__all__ = ["SqlOutbox"]

_of_company = outbox.c.company_id == bindparam("company")
_this = and_(_of_company, outbox.c.key == bindparam("k"))
_held = and_(_this, outbox.c.owner == bindparam("holder"), outbox.c.fence == bindparam("held"))
_QUEUED = select(outbox.c.key).where(_this)
_INSERT = insert(outbox)
_DUE = (
    select(outbox.c.key, outbox.c.ticket_id, outbox.c.attempts, outbox.c.fence)
    .where(
        _of_company,
        outbox.c.due <= bindparam("now"),
        or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= bindparam("now")),
    )
    .order_by(outbox.c.due, outbox.c.key)
    .limit(bindparam("count"))
)
_FREE = select(outbox.c.key, outbox.c.ticket_id, outbox.c.attempts, outbox.c.fence).where(
    _this, or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= bindparam("now"))
)
_TAKE = (
    update(outbox).where(_this).values(owner=bindparam("holder"), lease_until=bindparam("until"), fence=bindparam("f"))
)
_DONE = delete(outbox).where(_held)
_AGAIN = (
    update(outbox)
    .where(_held)
    .values(due=bindparam("next"), attempts=outbox.c.attempts + 1, owner=None, lease_until=None)
)
_DEPTH = select(func.count().label("depth")).select_from(outbox).where(_of_company)


class SqlOutbox(Outbox):
    """The outbox in SQL."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, ticket_id: str, key: str, due: datetime) -> None:
        """See `Outbox`."""
        if self._unit.first(_QUEUED, self._unit.of_company(k=key)) is None:
            company = self._unit.scope.company_id
            row = {"company_id": company, "key": key, "ticket_id": ticket_id, "due": due, "attempts": 0, "fence": 0}
            self._unit.change(_INSERT, row)

    def claim(self, owner: str, now: datetime, until: datetime, limit: int) -> tuple[tuple[Lease, str, int], ...]:
        """See `Outbox`."""
        require_system(self._unit.scope)
        return self._taken(self._unit.rows(_DUE, self._unit.of_company(now=now, count=limit)), owner, until)

    def take(self, key: str, owner: str, now: datetime, until: datetime) -> tuple[Lease, str, int] | None:
        """See `Outbox`."""
        require_system(self._unit.scope)
        taken = self._taken(self._unit.rows(_FREE, self._unit.of_company(k=key, now=now)), owner, until)
        return taken[0] if taken else None

    def done(self, lease: Lease) -> None:
        """See `Outbox`."""
        self._with(lease, _DONE)

    def again(self, lease: Lease, due: datetime) -> None:
        """See `Outbox`."""
        self._with(lease, _AGAIN, next=due)

    def depth(self) -> int:
        """See `Outbox`."""
        row = self._unit.first(_DEPTH, self._unit.of_company())
        return 0 if row is None else int(row.depth)

    def _taken(self, rows: Sequence[Row[Any]], owner: str, until: datetime) -> tuple[tuple[Lease, str, int], ...]:
        self._unit.change_all(
            _TAKE,
            [self._unit.of_company(k=row.key, holder=owner, until=until, f=row.fence + 1) for row in rows],
        )
        return tuple((Lease(row.key, owner, row.fence + 1), row.ticket_id, row.attempts) for row in rows)

    def _with(self, lease: Lease, statement: Any, **values: object) -> None:
        held = self._unit.of_company(k=lease.work_id, holder=lease.owner, held=lease.fence, **values)
        if self._unit.change(statement, held) == 0:
            raise LeaseLost(f"delivery {lease.work_id!r} is somebody else's by now, or done")
