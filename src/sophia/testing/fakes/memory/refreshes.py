"""Refreshes and their event logs in memory."""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from attrs import evolve

from sophia.domain.refresh import Refresh, RefreshEnded, RefreshEvent, RefreshStatus
from sophia.domain.runs import Lease, Sequenced, Standing
from sophia.errors import LeaseLost, NotFound, RefreshInProgress
from sophia.ports.records import Refreshes
from sophia.testing.fakes.memory.state import Claim, State, StoredRefresh

__all__ = ["MemoryRefreshes"]


class MemoryRefreshes(Refreshes):
    """`Refreshes` in memory."""

    def __init__(self, state: State) -> None:
        self._state = state

    def start(self, refresh: Refresh, owner: str, now: datetime, until: datetime) -> Lease:
        running = next((s for s in self._state.refreshes.values() if s.refresh.status.is_live), None)
        if running is not None:
            if not running.claim.is_free(now):
                raise RefreshInProgress(running.refresh.id)
            self._end(
                running,
                evolve(running.refresh, status=RefreshStatus.FAILED, problem="interrupted", finished_at=now),
            )
        started = evolve(refresh, status=RefreshStatus.RUNNING, finished_at=None, report=None, problem=None)
        self._state.refreshes[refresh.id] = StoredRefresh(started, Claim(owner, until, 1))
        return Lease(refresh.id, owner, 1)

    def renew(self, leases: Collection[Lease], until: datetime) -> dict[Lease, Standing]:
        standings = dict.fromkeys(leases, Standing.LOST)
        for lease in leases:
            with suppress(LeaseLost):
                held = self._held(lease)
                self._state.refreshes[lease.work_id] = evolve(held, claim=evolve(held.claim, until=until))
                standings[lease] = Standing.HELD
        return standings

    def append(self, lease: Lease, event: RefreshEvent) -> None:
        if isinstance(event, RefreshEnded):
            self.finish(lease, event)
            return
        held = self._held(lease)
        self._state.refreshes[lease.work_id] = evolve(held, log=(*held.log, event))

    def finish(self, lease: Lease, ended: RefreshEnded) -> None:
        self._end(self._held(lease), ended.refresh)

    def get(self, refresh_id: str) -> Refresh:
        return self._stored(refresh_id).refresh

    def last(self) -> Refresh | None:
        newest = max(self._state.refreshes, default=None)
        return None if newest is None else self.get(newest)

    def events(self, refresh_id: str, after: int = 0, limit: int = 1000) -> tuple[Sequenced, ...]:
        log = self._stored(refresh_id).log[after : after + limit]
        return tuple(Sequenced(sequence, event) for sequence, event in enumerate(log, after + 1))

    def _end(self, stored: StoredRefresh, ended: Refresh) -> None:
        claim = Claim(fence=stored.claim.fence)
        self._state.refreshes[ended.id] = StoredRefresh(ended, claim, (*stored.log, RefreshEnded(ended)))

    def _stored(self, refresh_id: str) -> StoredRefresh:
        stored = self._state.refreshes.get(refresh_id)
        if stored is None:
            raise NotFound("refresh", refresh_id)
        return stored

    def _held(self, lease: Lease) -> StoredRefresh:
        stored = self._state.refreshes.get(lease.work_id)
        if (
            stored is None
            or not stored.refresh.status.is_live
            or (stored.claim.owner, stored.claim.fence) != (lease.owner, lease.fence)
        ):
            raise LeaseLost(f"refresh {lease.work_id!r} is somebody else's by now, or has ended")
        return stored
