"""Refreshes of a company's knowledge, and their event logs."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, delete, exists, insert, not_, select, update

from sophia.adapters.sql.tables import is_running, refresh_events, refreshes
from sophia.adapters.sql.translate import (
    options_from_json,
    options_to_json,
    progress_from_json,
    progress_to_json,
    report_from_json,
    report_to_json,
)
from sophia.adapters.sql.unit import Unit, require_system
from sophia.domain.refresh import Refresh, RefreshEnded, RefreshEvent, RefreshStatus
from sophia.domain.runs import Lease, Sequenced, Standing
from sophia.errors import LeaseLost, NotFound, RefreshInProgress
from sophia.ports.records import Refreshes

__all__ = ["SqlRefreshes"]

_of_company = refreshes.c.company_id == bindparam("company")
_held = and_(
    _of_company,
    refreshes.c.id == bindparam("refresh"),
    refreshes.c.owner == bindparam("holder"),
    refreshes.c.fence == bindparam("held"),
    is_running,
)
_REFRESH = select(refreshes).where(_of_company, refreshes.c.id == bindparam("refresh"))
_LAST = select(refreshes).where(_of_company).order_by(refreshes.c.id.desc()).limit(1)
_RUNNING = select(refreshes.c.id, refreshes.c.lease_until).where(_of_company, is_running)
_INTERRUPT = (
    update(refreshes)
    .where(_of_company, refreshes.c.id == bindparam("refresh"))
    .values(
        status=RefreshStatus.FAILED.value,
        problem="interrupted",
        finished_at=bindparam("at"),
        owner=None,
        lease_until=None,
        last_sequence=refreshes.c.last_sequence + 1,
    )
    .returning(*refreshes.c)
)
_INSERT = insert(refreshes)
_RENEW = update(refreshes).where(_held).values(lease_until=bindparam("until"))
_ADVANCE = (
    update(refreshes)
    .where(_held)
    .values(last_sequence=refreshes.c.last_sequence + 1)
    .returning(refreshes.c.last_sequence)
)
_FINISH = (
    update(refreshes)
    .where(_held)
    .values(
        status=bindparam("ended_as"),
        finished_at=bindparam("at"),
        report=bindparam("what", type_=refreshes.c.report.type),
        problem=bindparam("why"),
        owner=None,
        lease_until=None,
        last_sequence=refreshes.c.last_sequence + 1,
    )
    .returning(refreshes.c.last_sequence)
)
_INSERT_EVENT = insert(refresh_events)
_EVENTS = (
    select(refresh_events.c.sequence, refresh_events.c.event)
    .where(
        refresh_events.c.refresh_id == bindparam("refresh"),
        refresh_events.c.company_id == bindparam("company"),
        refresh_events.c.sequence > bindparam("after"),
    )
    .order_by(refresh_events.c.sequence)
    .limit(bindparam("count"))
)
_LOGGED = (
    select(refreshes.c.id)
    .where(
        _of_company,
        refreshes.c.finished_at < bindparam("before"),
        not_(is_running),
        exists().where(
            refresh_events.c.refresh_id == refreshes.c.id, refresh_events.c.company_id == refreshes.c.company_id
        ),
    )
    .limit(bindparam("count"))
)
_FORGET_EVENTS = delete(refresh_events).where(
    refresh_events.c.company_id == bindparam("company"),
    refresh_events.c.refresh_id == bindparam("refresh"),
    not_(exists().where(_of_company, refreshes.c.id == bindparam("refresh"), is_running)),
)


class SqlRefreshes(Refreshes):
    """Refreshes in SQL. The last event of one is the refresh as it ended: it is stored once, in its row."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def start(self, refresh: Refresh, owner: str, now: datetime, until: datetime) -> Lease:
        """See `Refreshes`."""
        running = self._unit.first(_RUNNING, self._unit.of_company())
        if running is not None:
            if running.lease_until > now:
                raise RefreshInProgress(running.id)
            ended = self._unit.first(_INTERRUPT, self._unit.of_company(refresh=running.id, at=now))
            if ended is not None:
                self._unit.advanced[running.id].append(Sequenced(ended.last_sequence, RefreshEnded(_refresh(ended))))
        self._unit.change(
            _INSERT,
            {
                "id": refresh.id,
                "company_id": self._unit.scope.company_id,
                "status": RefreshStatus.RUNNING.value,
                "options": options_to_json(refresh.options),
                "requested_by": refresh.requested_by,
                "created_at": refresh.created_at,
                "owner": owner,
                "lease_until": until,
                "fence": 1,
                "last_sequence": 0,
            },
        )
        return Lease(refresh.id, owner, 1)

    def renew(self, leases: Collection[Lease], until: datetime) -> dict[Lease, Standing]:
        """See `Refreshes`."""
        return {
            lease: Standing.HELD if self._unit.change(_RENEW, self._holding(lease, until=until)) else Standing.LOST
            for lease in leases
        }

    def append(self, lease: Lease, event: RefreshEvent) -> None:
        """See `Refreshes`."""
        if isinstance(event, RefreshEnded):
            self.finish(lease, event)
            return
        sequence = self._advance(_ADVANCE, self._holding(lease), lease, event)
        self._unit.change(
            _INSERT_EVENT,
            {
                "refresh_id": lease.work_id,
                "company_id": self._unit.scope.company_id,
                "sequence": sequence,
                "event": progress_to_json(event),
            },
        )

    def finish(self, lease: Lease, ended: RefreshEnded) -> None:
        """See `Refreshes`."""
        refresh = ended.refresh
        values = self._holding(
            lease,
            ended_as=refresh.status.value,
            at=refresh.finished_at,
            what=report_to_json(refresh.report),
            why=refresh.problem,
        )
        self._advance(_FINISH, values, lease, ended)

    def get(self, refresh_id: str) -> Refresh:
        """See `Refreshes`."""
        return _refresh(self._row(refresh_id))

    def last(self) -> Refresh | None:
        """See `Refreshes`."""
        row = self._unit.first(_LAST, self._unit.of_company())
        return None if row is None else _refresh(row)

    def events(self, refresh_id: str, after: int = 0, limit: int = 1000) -> tuple[Sequenced, ...]:
        """See `Refreshes`."""
        row = self._row(refresh_id)
        rows = self._unit.rows(_EVENTS, self._unit.of_company(refresh=refresh_id, after=after, count=limit))
        found = [Sequenced(event.sequence, progress_from_json(event.event)) for event in rows]
        refresh = _refresh(row)
        if not refresh.status.is_live and len(found) < limit and after < row.last_sequence:
            found.append(Sequenced(row.last_sequence, RefreshEnded(refresh)))
        return tuple(found)

    def logged(self, before: datetime, limit: int) -> tuple[str, ...]:
        """See `Refreshes`."""
        require_system(self._unit.scope)
        return tuple(row.id for row in self._unit.rows(_LOGGED, self._unit.of_company(before=before, count=limit)))

    def forget_events(self, refresh_ids: Collection[str]) -> int:
        """See `Refreshes`. The last event is in the refresh's row."""
        require_system(self._unit.scope)
        return sum(self._unit.change(_FORGET_EVENTS, self._unit.of_company(refresh=id_)) > 0 for id_ in refresh_ids)

    def _row(self, refresh_id: str) -> Row[Any]:
        row = self._unit.first(_REFRESH, self._unit.of_company(refresh=refresh_id))
        if row is None:
            raise NotFound("refresh", refresh_id)
        return row

    def _holding(self, lease: Lease, **values: object) -> dict[str, object]:
        return self._unit.of_company(refresh=lease.work_id, holder=lease.owner, held=lease.fence, **values)

    def _advance(self, statement: Any, values: dict[str, object], lease: Lease, event: RefreshEvent) -> int:
        row = self._unit.first(statement, values)
        if row is None:
            raise LeaseLost(f"refresh {lease.work_id!r} is somebody else's by now, or has ended")
        last: int = row.last_sequence
        self._unit.advanced[lease.work_id].append(Sequenced(last, event))
        return last


def _refresh(row: Row[Any]) -> Refresh:
    return Refresh(
        id=row.id,
        status=RefreshStatus(row.status),
        options=options_from_json(row.options),
        requested_by=row.requested_by,
        created_at=row.created_at,
        finished_at=row.finished_at,
        report=report_from_json(row.report),
        problem=row.problem,
    )
