"""Runs and their event logs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, delete, insert, or_, select, true, update

from sophia.adapters.sql.tables import idempotency, is_live, run_events, runs, threads
from sophia.adapters.sql.translate import run_event_from_json, run_event_to_json
from sophia.adapters.sql.unit import Unit, mine, require_system
from sophia.domain.runs import (
    IdempotencyKey,
    Lease,
    Run,
    RunCancelled,
    RunCompleted,
    RunEvent,
    RunFailed,
    RunStatus,
    Sequenced,
)
from sophia.errors import IdempotencyConflict, LeaseLost, NotFound, RequestInProgress, ThreadBusy
from sophia.ports.records import Runs

__all__ = ["SqlRuns"]

_STATUS: dict[type, RunStatus] = {
    RunCompleted: RunStatus.COMPLETED,
    RunFailed: RunStatus.FAILED,
    RunCancelled: RunStatus.CANCELLED,
}

_free = or_(runs.c.lease_until.is_(None), runs.c.lease_until <= bindparam("now"))
_held = and_(
    mine(runs),
    runs.c.id == bindparam("run"),
    runs.c.owner == bindparam("holder"),
    runs.c.fence == bindparam("held"),
    is_live,
)
_RUN = select(runs).where(mine(runs), runs.c.id == bindparam("run"))
_LIVE = select(runs).where(mine(runs), runs.c.thread_id == bindparam("thread"), is_live)
_INSERT = insert(runs)
_PLACE = (
    select(threads.c.user_id, runs.c.id.label("busy"))
    .select_from(
        threads.outerjoin(
            runs, and_(runs.c.company_id == threads.c.company_id, runs.c.thread_id == threads.c.id, is_live)
        )
    )
    .where(mine(threads), threads.c.id == bindparam("thread"))
)
_CLAIM = (
    update(runs)
    .where(mine(runs), runs.c.id == bindparam("run"), is_live, _free)
    .values(
        status=RunStatus.RUNNING.value,
        owner=bindparam("holder"),
        lease_until=bindparam("until"),
        fence=runs.c.fence + 1,
        attempt=runs.c.attempt + 1,
    )
    .returning(runs.c.fence)
)
_RENEW = update(runs).where(_held).values(lease_until=bindparam("until")).returning(*runs.c)
_ADVANCE = (
    update(runs)
    .where(_held)
    .values(last_sequence=runs.c.last_sequence + bindparam("added"))
    .returning(runs.c.last_sequence)
)
_FINISH = (
    update(runs)
    .where(_held)
    .values(
        status=bindparam("ended_as"),
        outcome=bindparam("how", type_=runs.c.outcome.type),
        owner=None,
        lease_until=None,
        last_sequence=runs.c.last_sequence + 1,
    )
    .returning(runs.c.last_sequence)
)
_CANCEL = (
    update(runs)
    .where(mine(runs), runs.c.id == bindparam("run"), is_live)
    .values(cancel_requested=true())
    .returning(*runs.c)
)
_ABANDONED = (
    select(runs)
    .where(runs.c.company_id == bindparam("company"), is_live, _free)
    .order_by(runs.c.id)
    .limit(bindparam("count"))
)
_INSERT_EVENTS = insert(run_events)
_EVENTS = (
    select(run_events.c.sequence, run_events.c.event)
    .where(
        run_events.c.run_id == bindparam("run"),
        run_events.c.company_id == bindparam("company"),
        run_events.c.sequence > bindparam("after"),
    )
    .order_by(run_events.c.sequence)
    .limit(bindparam("count"))
)

_of_caller = and_(idempotency.c.company_id == bindparam("company"), idempotency.c.user_id == bindparam("user"))
_REPLAY = (
    select(idempotency.c.body_digest, *runs.c)
    .join(runs, and_(runs.c.id == idempotency.c.run_id, runs.c.company_id == idempotency.c.company_id))
    .where(_of_caller, idempotency.c.key == bindparam("k"), idempotency.c.expires_at > bindparam("now"))
)
_FORGET_EXPIRED = delete(idempotency).where(
    idempotency.c.company_id == bindparam("company"), idempotency.c.expires_at <= bindparam("now")
)
_USED = select(idempotency.c.run_id).where(_of_caller, idempotency.c.key == bindparam("k"))
_INSERT_KEY = insert(idempotency)


class SqlRuns(Runs):
    """Runs in SQL. A run's last event is its outcome: it is stored once, in the run's row."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def start(self, run: Run, idempotency: IdempotencyKey | None = None) -> None:
        """See `Runs`."""
        place = self._unit.first(_PLACE, self._unit.of_user(thread=run.thread_id))
        if place is None:
            raise NotFound("thread", run.thread_id)
        if place.busy is not None:
            raise ThreadBusy(place.busy)
        self._unit.change(
            _INSERT,
            {
                "id": run.id,
                "company_id": self._unit.scope.company_id,
                "thread_id": run.thread_id,
                "user_id": place.user_id,
                "message_id": run.message_id,
                "status": run.status.value,
                "created_at": run.created_at,
                "outcome": None,
                "attempt": run.attempt,
                "cancel_requested": run.cancel_requested,
                "fence": 0,
                "last_sequence": 0,
            },
        )
        if idempotency is not None:
            self._remember(run, idempotency)

    def replay(self, idempotency: IdempotencyKey, now: datetime) -> Run | None:
        """See `Runs`."""
        row = self._unit.first(_REPLAY, self._unit.of_user(k=idempotency.key, now=now))
        if row is None:
            return None
        if row.body_digest != idempotency.body_digest:
            raise IdempotencyConflict
        return _run(row)

    def get(self, run_id: str) -> Run:
        """See `Runs`."""
        return _run(self._row(run_id))

    def live(self, thread_id: str) -> Run | None:
        """See `Runs`."""
        row = self._unit.first(_LIVE, self._unit.of_user(thread=thread_id))
        return None if row is None else _run(row)

    def claim(self, run_id: str, owner: str, now: datetime, until: datetime) -> Lease | None:
        """See `Runs`."""
        row = self._unit.first(_CLAIM, self._unit.of_user(run=run_id, holder=owner, now=now, until=until))
        return None if row is None else Lease(run_id, owner, row.fence)

    def renew(self, lease: Lease, until: datetime) -> Run:
        """See `Runs`."""
        row = self._unit.first(_RENEW, self._holding(lease, until=until))
        if row is None:
            raise LeaseLost(f"run {lease.work_id!r} is somebody else's by now, or has ended")
        return _run(row)

    def append(self, lease: Lease, events: Sequence[RunEvent]) -> None:
        """See `Runs`."""
        last = self._advance(_ADVANCE, self._holding(lease, added=len(events)), lease)
        company = self._unit.scope.company_id
        self._unit.change_all(
            _INSERT_EVENTS,
            [
                {"run_id": lease.work_id, "company_id": company, "sequence": n, "event": run_event_to_json(event)}
                for n, event in enumerate(events, last - len(events) + 1)
            ],
        )

    def finish(self, lease: Lease, outcome: RunCompleted | RunFailed | RunCancelled) -> None:
        """See `Runs`."""
        how = {"ended_as": _STATUS[type(outcome)].value, "how": run_event_to_json(outcome)}
        self._advance(_FINISH, self._holding(lease, **how), lease)

    def request_cancel(self, run_id: str) -> Run:
        """See `Runs`."""
        row = self._unit.first(_CANCEL, self._unit.of_user(run=run_id))
        return self.get(run_id) if row is None else _run(row)

    def abandoned(self, now: datetime, limit: int) -> tuple[tuple[Run, str], ...]:
        """See `Runs`."""
        require_system(self._unit.scope)
        rows = self._unit.rows(_ABANDONED, self._unit.of_company(now=now, count=limit))
        return tuple((_run(row), row.user_id) for row in rows)

    def events(self, run_id: str, after: int = 0, limit: int = 1000) -> tuple[Sequenced, ...]:
        """See `Runs`."""
        run = self._row(run_id)
        rows = self._unit.rows(_EVENTS, self._unit.of_company(run=run_id, after=after, count=limit))
        found = [Sequenced(row.sequence, run_event_from_json(row.event)) for row in rows]
        if run.outcome is not None and len(found) < limit and after < run.last_sequence:
            found.append(Sequenced(run.last_sequence, run_event_from_json(run.outcome)))
        return tuple(found)

    def _row(self, run_id: str) -> Row[Any]:
        row = self._unit.first(_RUN, self._unit.of_user(run=run_id))
        if row is None:
            raise NotFound("run", run_id)
        return row

    def _holding(self, lease: Lease, **values: object) -> dict[str, object]:
        return self._unit.of_user(run=lease.work_id, holder=lease.owner, held=lease.fence, **values)

    def _advance(self, statement: Any, values: dict[str, object], lease: Lease) -> int:
        row = self._unit.first(statement, values)
        if row is None:
            raise LeaseLost(f"run {lease.work_id!r} is somebody else's by now, or has ended")
        last: int = row.last_sequence
        self._unit.advanced[lease.work_id] = last
        return last

    def _remember(self, run: Run, idempotency: IdempotencyKey) -> None:
        scope = self._unit.scope
        self._unit.change(_FORGET_EXPIRED, self._unit.of_company(now=run.created_at))
        used = self._unit.first(_USED, self._unit.of_user(k=idempotency.key))
        if used is not None:
            raise RequestInProgress(used.run_id)
        self._unit.change(
            _INSERT_KEY,
            {
                "company_id": scope.company_id,
                "user_id": scope.user_id,
                "key": idempotency.key,
                "body_digest": idempotency.body_digest,
                "expires_at": idempotency.expires_at,
                "run_id": run.id,
            },
        )


def _run(row: Row[Any]) -> Run:
    outcome: Any = None if row.outcome is None else run_event_from_json(row.outcome)
    return Run(
        id=row.id,
        thread_id=row.thread_id,
        message_id=row.message_id,
        status=RunStatus(row.status),
        created_at=row.created_at,
        outcome=outcome,
        attempt=row.attempt,
        cancel_requested=row.cancel_requested,
    )
