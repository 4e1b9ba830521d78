"""Runs and their event logs in memory."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from attrs import evolve

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
from sophia.domain.tenancy import TenantScope
from sophia.errors import Conflict, IdempotencyConflict, LeaseLost, NotFound, RequestInProgress, ThreadBusy
from sophia.ports.records import Runs
from sophia.testing.fakes.memory.state import Claim, State, StoredRun, is_mine, numbered, require_system

__all__ = ["MemoryRuns"]

_STATUS: dict[type, RunStatus] = {
    RunCompleted: RunStatus.COMPLETED,
    RunFailed: RunStatus.FAILED,
    RunCancelled: RunStatus.CANCELLED,
}


class MemoryRuns(Runs):
    """`Runs` in memory."""

    def __init__(self, state: State, scope: TenantScope) -> None:
        self._state = state
        self._scope = scope

    def start(self, run: Run, owner: str, until: datetime, idempotency: IdempotencyKey | None = None) -> Lease:
        place = self._state.threads.get(run.thread_id)
        if place is None or not is_mine(self._scope, place.user_id):
            raise NotFound("thread", run.thread_id)
        busy = self.live(run.thread_id)
        if busy is not None:
            raise ThreadBusy(busy.id)
        if run.id in self._state.runs:
            raise Conflict(f"there is a run {run.id!r}")
        log = (RunStarted(run.id, run.thread_id),)
        self._state.runs[run.id] = StoredRun(run, place.user_id, Claim(owner, until, 1), log)
        if idempotency is not None:
            place_of_key = (self._scope.user_id, idempotency.key)
            used = self._state.replies.get(place_of_key)
            if used is not None and used[0].expires_at > run.created_at:
                raise RequestInProgress(used[1])
            self._state.replies[place_of_key] = (idempotency, run.id)
        return Lease(run.id, owner, 1)

    def replay(self, idempotency: IdempotencyKey, now: datetime) -> Run | None:
        used = self._state.replies.get((self._scope.user_id, idempotency.key))
        if used is None or used[0].expires_at <= now:
            return None
        if used[0].body_digest != idempotency.body_digest:
            raise IdempotencyConflict
        return self._state.runs[used[1]].run

    def forget_expired(self, now: datetime, limit: int) -> int:
        require_system(self._scope)
        expired = [place for place, (key, _) in self._state.replies.items() if key.expires_at <= now][:limit]
        for place in expired:
            del self._state.replies[place]
        return len(expired)

    def get(self, run_id: str) -> Run:
        return self._stored(run_id).run

    def live(self, thread_id: str) -> Run | None:
        of_thread = (s.run for s in self._mine() if s.run.thread_id == thread_id)
        return next((run for run in of_thread if run.status.is_live), None)

    def count_live(self) -> dict[Whose, int]:
        users = [stored.user_id for stored in self._state.runs.values() if stored.run.status.is_live]
        return {Whose.USER: users.count(self._scope.user_id), Whose.COMPANY: len(users)}

    def claim(self, run_id: str, owner: str, now: datetime, until: datetime) -> Lease | None:
        stored = self._state.runs.get(run_id)
        if stored is None or not is_mine(self._scope, stored.user_id):
            return None
        if not stored.run.status.is_live or not stored.claim.is_free(now):
            return None
        self._state.runs[run_id] = evolve(
            stored,
            run=evolve(stored.run, attempt=stored.run.attempt + 1),
            claim=Claim(owner, until, stored.claim.fence + 1),
        )
        return Lease(run_id, owner, stored.claim.fence + 1)

    def renew(self, leases: Collection[Lease], until: datetime) -> dict[Lease, Standing]:
        standings = dict.fromkeys(leases, Standing.LOST)
        for lease in leases:
            if (held := self._held(lease)) is not None:
                self._state.runs[lease.work_id] = evolve(held, claim=evolve(held.claim, until=until))
                standings[lease] = Standing.TO_STOP if held.run.cancel_requested else Standing.HELD
        return standings

    def append(self, news: Mapping[Lease, Sequence[RunEvent]]) -> frozenset[Lease]:
        lost = set()
        for lease, events in news.items():
            if (held := self._held(lease)) is None:
                lost.add(lease)
            else:
                self._state.runs[lease.work_id] = evolve(held, log=(*held.log, *events))
        return frozenset(lost)

    def finish(self, lease: Lease, outcome: Outcome, before: Sequence[RunEvent] = ()) -> None:
        held = self._held(lease)
        if held is None:
            raise LeaseLost(f"run {lease.work_id!r} is somebody else's by now, or has ended")
        self._state.runs[lease.work_id] = evolve(
            held,
            run=evolve(held.run, status=_STATUS[type(outcome)], outcome=outcome),
            claim=Claim(fence=held.claim.fence),
            log=(*held.log, *before, outcome),
        )

    def request_cancel(self, run_id: str) -> Run:
        stored = self._stored(run_id)
        if stored.run.status.is_live:
            stored = evolve(stored, run=evolve(stored.run, cancel_requested=True))
            self._state.runs[run_id] = stored
        return stored.run

    def abandoned(self, now: datetime, limit: int) -> tuple[tuple[Run, str], ...]:
        require_system(self._scope)
        found = [s for s in self._mine() if s.run.status.is_live and s.claim.is_free(now)]
        return tuple((s.run, s.user_id) for s in sorted(found, key=lambda s: s.run.id)[:limit])

    def events(self, run_id: str, after: int = 0, limit: int = 1000) -> tuple[Sequenced, ...]:
        stored = self._stored(run_id)
        return numbered(stored.log, stored.forgotten, after, limit)

    def logged(self, before: datetime, limit: int) -> tuple[str, ...]:
        require_system(self._scope)
        ended = (s for s in self._mine() if s.run.created_at < before and not s.run.status.is_live)
        return tuple(s.run.id for s in ended if len(s.log) > 1)[:limit]

    def forget_events(self, run_ids: Collection[str]) -> int:
        require_system(self._scope)
        found = [self._state.runs[run_id] for run_id in run_ids if run_id in self._state.runs]
        logged = [stored for stored in found if len(stored.log) > 1 and not stored.run.status.is_live]
        self._state.runs |= {stored.run.id: stored.forget() for stored in logged}
        return len(logged)

    def _mine(self) -> list[StoredRun]:
        return [stored for stored in self._state.runs.values() if is_mine(self._scope, stored.user_id)]

    def _stored(self, run_id: str) -> StoredRun:
        stored = self._state.runs.get(run_id)
        if stored is None or not is_mine(self._scope, stored.user_id):
            raise NotFound("run", run_id)
        return stored

    def _held(self, lease: Lease) -> StoredRun | None:
        stored = self._state.runs.get(lease.work_id)
        if (
            stored is None
            or not is_mine(self._scope, stored.user_id)
            or not stored.run.status.is_live
            or (stored.claim.owner, stored.claim.fence) != (lease.owner, lease.fence)
        ):
            return None
        return stored
