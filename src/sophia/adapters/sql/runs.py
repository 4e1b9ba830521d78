"""Runs and their event logs."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, case, delete, exists, func, insert, not_, select, true, update

from sophia.adapters.sql.tables import idempotency, is_live, run_events, runs, threads
from sophia.adapters.sql.translate import run_event_from_json, run_event_to_json
from sophia.adapters.sql.unit import Unit, batches, mine, require_system
from sophia.domain.limits import Whose
from sophia.domain.runs import (
    IdempotencyKey,
    Lease,
    Outcome,
    Run,
    RunCancelled,
    RunCompleted,
    RunEvent,
    RunFailed,
    RunStarted,
    RunStatus,
    Sequenced,
    Standing,
)
from sophia.errors import IdempotencyConflict, LeaseLost, NotFound, RequestInProgress, ThreadBusy
from sophia.ports.records import Runs

__all__ = ["SqlRuns"]

_STATUS: dict[type, RunStatus] = {
    RunCompleted: RunStatus.COMPLETED,
    RunFailed: RunStatus.FAILED,
    RunCancelled: RunStatus.CANCELLED,
}

_expired = runs.c.lease_until <= bindparam("now")
_held = and_(
    mine(runs),
    runs.c.id == bindparam("run"),
    runs.c.owner == bindparam("holder"),
    runs.c.fence == bindparam("held"),
    is_live,
)
_RUN = select(runs).where(mine(runs), runs.c.id == bindparam("run"))
_LIVE = select(runs).where(mine(runs), runs.c.thread_id == bindparam("thread"), is_live)
_COUNT_LIVE = select(
    func.count().label("all"), func.count(case((runs.c.user_id == bindparam("user"), 1))).label("own")
).where(runs.c.company_id == bindparam("company"), is_live)
# A run takes its place in the thread, whose user it is given, unless another lives there.
_INSERT = (
    insert(runs)
    .from_select(
        [column.name for column in runs.c],
        select(
            *(
                threads.c.user_id if column is runs.c.user_id else bindparam(column.name, type_=column.type)
                for column in runs.c
            )
        ).where(
            mine(threads),
            threads.c.id == bindparam("thread"),
            not_(exists().where(runs.c.company_id == threads.c.company_id, runs.c.thread_id == threads.c.id, is_live)),
        ),
    )
    .returning(runs.c.id)
)
_CLAIM = (
    update(runs)
    .where(mine(runs), runs.c.id == bindparam("run"), is_live, _expired)
    .values(
        owner=bindparam("holder"),
        lease_until=bindparam("until"),
        fence=runs.c.fence + 1,
        attempt=runs.c.attempt + 1,
    )
    .returning(runs.c.fence)
)
_STANDINGS = select(runs.c.id, runs.c.owner, runs.c.fence, runs.c.cancel_requested).where(
    mine(runs), runs.c.id.in_(bindparam("ids", expanding=True)), is_live
)
_of_run = and_(runs.c.id == bindparam("run"), runs.c.company_id == bindparam("company"))
_RENEW = update(runs).where(_of_run).values(lease_until=bindparam("until"))
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
        last_sequence=runs.c.last_sequence + bindparam("added"),
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
    .where(runs.c.company_id == bindparam("company"), is_live, _expired)
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
# A company's runs are found by their threads: nothing else leads to them without reading those of all companies. Their
# index holds all that tells whether there is a log; the rows, with whole answers in them, are read of these runs alone.
_listed = runs.alias("listed")
_LOGGED = (
    select(runs.c.id)
    .select_from(
        threads.join(
            _listed, and_(_listed.c.thread_id == threads.c.id, _listed.c.company_id == threads.c.company_id)
        ).join(runs, and_(runs.c.id == _listed.c.id, runs.c.company_id == _listed.c.company_id))
    )
    .where(
        threads.c.company_id == bindparam("company"),
        threads.c.created_at < bindparam("before"),
        exists().where(run_events.c.run_id == _listed.c.id, run_events.c.company_id == _listed.c.company_id),
        runs.c.created_at < bindparam("before"),
        not_(is_live),
    )
    .limit(bindparam("count"))
)
_FORGET_EVENTS = delete(run_events).where(
    run_events.c.company_id == bindparam("company"),
    run_events.c.run_id == bindparam("run"),
    not_(exists().where(_of_run, is_live)),
)

_of_caller = and_(idempotency.c.company_id == bindparam("company"), idempotency.c.user_id == bindparam("user"))
_REPLAY = (
    select(idempotency.c.body_digest, *runs.c)
    .join(runs, and_(runs.c.id == idempotency.c.run_id, runs.c.company_id == idempotency.c.company_id))
    .where(_of_caller, idempotency.c.key == bindparam("k"), idempotency.c.expires_at > bindparam("now"))
)
_EXPIRED_KEYS = (
    select(idempotency.c.user_id, idempotency.c.key)
    .where(idempotency.c.company_id == bindparam("company"), idempotency.c.expires_at <= bindparam("now"))
    .order_by(idempotency.c.expires_at)
    .limit(bindparam("count"))
)
_FORGET_KEY = delete(idempotency).where(_of_caller, idempotency.c.key == bindparam("k"))
_FORGET_EXPIRED_KEY = _FORGET_KEY.where(idempotency.c.expires_at <= bindparam("now"))
_USED = select(idempotency.c.run_id).where(_of_caller, idempotency.c.key == bindparam("k"))
_INSERT_KEY = (
    insert(idempotency)
    .from_select(
        [column.name for column in idempotency.c],
        select(*(bindparam(column.name, type_=column.type) for column in idempotency.c)).where(
            not_(exists().where(_of_caller, idempotency.c.key == bindparam("k")))
        ),
    )
    .returning(idempotency.c.key)
)


class SqlRuns(Runs):
    """Runs in SQL. A run's last event is its outcome: it is stored once, in the run's row."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def start(self, run: Run, owner: str, until: datetime, idempotency: IdempotencyKey | None = None) -> Lease:
        """See `Runs`."""
        lease = Lease(run.id, owner, 1)
        values = {
            "id": run.id,
            "company_id": self._unit.scope.company_id,
            "thread_id": run.thread_id,
            "message_id": run.message_id,
            "status": run.status.value,
            "created_at": run.created_at,
            "outcome": None,
            "attempt": run.attempt,
            "cancel_requested": run.cancel_requested,
            "owner": owner,
            "lease_until": until,
            "fence": lease.fence,
            "last_sequence": 1,
        }
        if self._unit.first(_INSERT, self._unit.of_user(thread=run.thread_id, **values)) is None:
            busy = self.live(run.thread_id)
            raise NotFound("thread", run.thread_id) if busy is None else ThreadBusy(busy.id)
        self._store({run.id: _numbered(1, [RunStarted(run.id, run.thread_id)])})
        if idempotency is not None:
            self._remember(run, idempotency)
        return lease

    def replay(self, idempotency: IdempotencyKey, now: datetime) -> Run | None:
        """See `Runs`."""
        row = self._unit.first(_REPLAY, self._unit.of_user(k=idempotency.key, now=now))
        if row is None:
            return None
        if row.body_digest != idempotency.body_digest:
            raise IdempotencyConflict
        return _run(row)

    def forget_expired(self, now: datetime, limit: int) -> int:
        """See `Runs`."""
        require_system(self._unit.scope)
        keys = self._unit.rows(_EXPIRED_KEYS, self._unit.of_company(now=now, count=limit))
        self._unit.change_all(_FORGET_KEY, [self._unit.of_company(user=row.user_id, k=row.key) for row in keys])
        return len(keys)

    def get(self, run_id: str) -> Run:
        """See `Runs`."""
        return _run(self._row(run_id))

    def live(self, thread_id: str) -> Run | None:
        """See `Runs`."""
        row = self._unit.first(_LIVE, self._unit.of_user(thread=thread_id))
        return None if row is None else _run(row)

    def count_live(self) -> dict[Whose, int]:
        """See `Runs`."""
        (row,) = self._unit.rows(_COUNT_LIVE, self._unit.of_company(user=self._unit.scope.user_id))
        return {Whose.USER: row.own, Whose.COMPANY: row.all}

    def claim(self, run_id: str, owner: str, now: datetime, until: datetime) -> Lease | None:
        """See `Runs`."""
        row = self._unit.first(_CLAIM, self._unit.of_user(run=run_id, holder=owner, now=now, until=until))
        return None if row is None else Lease(run_id, owner, row.fence)

    def renew(self, leases: Collection[Lease], until: datetime) -> dict[Lease, Standing]:
        """See `Runs`."""
        rows = self._held(leases)
        self._unit.change_all(_RENEW, [self._unit.of_company(run=lease.work_id, until=until) for lease in rows])
        standings = dict.fromkeys(leases, Standing.LOST)
        standings |= {lease: Standing.TO_STOP if row.cancel_requested else Standing.HELD for lease, row in rows.items()}
        return standings

    def append(self, news: Mapping[Lease, Sequence[RunEvent]]) -> frozenset[Lease]:
        """See `Runs`."""
        grown, lost = {}, set()
        for lease, events in news.items():
            row = self._unit.first(_ADVANCE, self._holding(lease, added=len(events)))
            if row is None:
                lost.add(lease)
            else:
                grown[lease.work_id] = _numbered(row.last_sequence - len(events) + 1, events)
        self._store(grown)
        return frozenset(lost)

    def finish(self, lease: Lease, outcome: Outcome, before: Sequence[RunEvent] = ()) -> None:
        """See `Runs`."""
        how = {"ended_as": _STATUS[type(outcome)].value, "how": run_event_to_json(outcome), "added": len(before) + 1}
        row = self._unit.first(_FINISH, self._holding(lease, **how))
        if row is None:
            raise LeaseLost(f"run {lease.work_id!r} is somebody else's by now, or has ended")
        events = _numbered(row.last_sequence - len(before), (*before, outcome))
        self._store({lease.work_id: events[:-1]})
        self._unit.advanced[lease.work_id].append(events[-1])

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

    def logged(self, before: datetime, limit: int) -> tuple[str, ...]:
        """See `Runs`."""
        require_system(self._unit.scope)
        return tuple(row.id for row in self._unit.rows(_LOGGED, self._unit.of_company(before=before, count=limit)))

    def forget_events(self, run_ids: Collection[str]) -> int:
        """See `Runs`. The last event is in the run's row."""
        require_system(self._unit.scope)
        return sum(self._unit.change(_FORGET_EVENTS, self._unit.of_company(run=id_)) > 0 for id_ in run_ids)

    def _row(self, run_id: str) -> Row[Any]:
        row = self._unit.first(_RUN, self._unit.of_user(run=run_id))
        if row is None:
            raise NotFound("run", run_id)
        return row

    def _holding(self, lease: Lease, **values: object) -> dict[str, object]:
        return self._unit.of_user(run=lease.work_id, holder=lease.owner, held=lease.fence, **values)

    def _held(self, leases: Collection[Lease]) -> dict[Lease, Row[Any]]:
        """The rows of those runs whose lease is held."""
        by_id = {lease.work_id: lease for lease in leases}
        held = {}
        for ids in batches(list(by_id)):
            for row in self._unit.rows(_STANDINGS, self._unit.of_user(ids=ids)):
                lease = by_id[row.id]
                if (row.owner, row.fence) == (lease.owner, lease.fence):
                    held[lease] = row
        return held

    def _store(self, logs: Mapping[str, Sequence[Sequenced]]) -> None:
        company = self._unit.scope.company_id
        self._unit.change_all(
            _INSERT_EVENTS,
            [
                {
                    "run_id": run_id,
                    "company_id": company,
                    "sequence": sequenced.sequence,
                    "event": run_event_to_json(sequenced.event),
                }
                for run_id, events in logs.items()
                for sequenced in events
            ],
        )
        for run_id, events in logs.items():
            self._unit.advanced[run_id] += events

    def _remember(self, run: Run, idempotency: IdempotencyKey) -> None:
        values = self._unit.of_user(
            k=idempotency.key,
            now=run.created_at,
            company_id=self._unit.scope.company_id,
            user_id=self._unit.scope.user_id,
            key=idempotency.key,
            body_digest=idempotency.body_digest,
            expires_at=idempotency.expires_at,
            run_id=run.id,
        )
        if self._unit.first(_INSERT_KEY, values) is None:
            self._unit.change(_FORGET_EXPIRED_KEY, values)
            used = self._unit.first(_USED, values)
            if used is not None:
                raise RequestInProgress(used.run_id)
            self._unit.first(_INSERT_KEY, values)


def _numbered(first: int, events: Sequence[RunEvent]) -> tuple[Sequenced, ...]:
    return tuple(Sequenced(n, event) for n, event in enumerate(events, first))


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
