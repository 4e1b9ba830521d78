"""Refreshes and their event logs in memory."""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from attrs import evolve

from sophia.domain.refresh import Refresh, RefreshEnded, RefreshEvent, RefreshStatus
from sophia.domain.runs import Lease, Sequenced, Standing
from sophia.domain.tenancy import TenantScope
from sophia.errors import LeaseLost, NotFound, RefreshInProgress
from sophia.ports.records import Refreshes
from sophia.testing.fakes.memory.state import Claim, State, StoredRefresh, numbered, require_system

__all__ = ["MemoryRefreshes"]


class MemoryRefreshes(Refreshes):
    """`Refreshes` in memory."""

    def __init__(self, state: State, scope: TenantScope) -> None:
        self._state = state
        self._scope = scope

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
        stored = self._stored(refresh_id)
        return numbered(stored.log, stored.forgotten, after, limit)

    def logged(self, before: datetime, limit: int) -> tuple[str, ...]:
        require_system(self._scope)
        ended = (s for s in self._state.refreshes.values() if s.refresh.finished_at and s.refresh.finished_at < before)
        return tuple(s.refresh.id for s in ended if len(s.log) > 1)[:limit]

    def forget_events(self, refresh_ids: Collection[str]) -> int:
        require_system(self._scope)
        found = [self._state.refreshes[id_] for id_ in refresh_ids if id_ in self._state.refreshes]
        logged = [stored for stored in found if len(stored.log) > 1 and not stored.refresh.status.is_live]
        self._state.refreshes |= {stored.refresh.id: stored.forget() for stored in logged}
        return len(logged)

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
