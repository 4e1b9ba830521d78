"""Looking at runs: their state, their events as they come, and stopping them."""

import time
from collections.abc import Callable, Iterator

from sophia.domain.audit import AuditEvent
from sophia.domain.refresh import RefreshEnded
from sophia.domain.runs import Run, Sequenced, is_last
from sophia.domain.tenancy import Permission, TenantScope
from sophia.ports.records import Records, Transaction

__all__ = ["CancelRun", "FollowRefresh", "FollowRun", "ReadRun"]


class ReadRun:
    """The state of a run, with its outcome once it has ended."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __call__(self, scope: TenantScope, run_id: str) -> Run:
        """One run of the caller's.

        Raises:
            NotFound: none, or not the caller's.
        """
        scope.require(Permission.CHAT)
        with self._records.read(scope) as tx:
            return tx.runs.get(run_id)


class CancelRun:
    """Asks a run to stop."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __call__(self, scope: TenantScope, run_id: str) -> Run:
        """Ask a run to stop; one that has ended stays as it is.

        Raises:
            NotFound: none, or not the caller's.
        """
        scope.require(Permission.CHAT)
        with self._records.write(scope) as tx:
            run = tx.runs.request_cancel(run_id)
            tx.audit.append(AuditEvent("run.cancel_requested", run_id))
            return run


class FollowRun:
    """A run's events, those that were and those to come."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __call__(
        self, scope: TenantScope, run_id: str, after: int = 0, heartbeat: float = 15.0
    ) -> Iterator[Sequenced | None]:
        """The events above a sequence number, in order, to the last one; None whenever none came for a heartbeat.

        Raises:
            NotFound: none, or not the caller's; at once, not when the first event is taken.
        """
        scope.require(Permission.CHAT)
        with self._records.read(scope) as tx:
            tx.runs.get(run_id)
        return _follow(
            self._records,
            scope,
            run_id,
            lambda tx, after: tx.runs.events(run_id, after),
            lambda tx: tx.runs.get(run_id).status.is_live,
            is_last,
            after,
            heartbeat,
        )


class FollowRefresh:
    """A refresh's progress, so far and to come."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __call__(
        self, scope: TenantScope, refresh_id: str, after: int = 0, heartbeat: float = 15.0
    ) -> Iterator[Sequenced | None]:
        """As `FollowRun`, for a refresh.

        Raises:
            NotFound: none in the caller's company; at once.
        """
        scope.require(Permission.REFRESH)
        with self._records.read(scope) as tx:
            tx.refreshes.get(refresh_id)
        return _follow(
            self._records,
            scope,
            refresh_id,
            lambda tx, after: tx.refreshes.events(refresh_id, after),
            lambda tx: tx.refreshes.get(refresh_id).status.is_live,
            lambda event: isinstance(event, RefreshEnded),
            after,
            heartbeat,
        )


def _follow(
    records: Records,
    scope: TenantScope,
    log_id: str,
    read: Callable[[Transaction, int], tuple[Sequenced, ...]],
    is_live: Callable[[Transaction], bool],
    ends: Callable[[object], bool],
    after: int,
    heartbeat: float,
) -> Iterator[Sequenced | None]:
    beat = time.monotonic() + heartbeat
    while True:
        with records.read(scope) as tx:
            events = read(tx, after)
            if not events and not is_live(tx):
                # Whoever asks has heard the last event already.
                return
        for sequenced in events:
            yield sequenced
            if ends(sequenced.event):
                return
            after = sequenced.sequence
        if events:
            beat = time.monotonic() + heartbeat
        elif time.monotonic() >= beat:
            yield None
            beat = time.monotonic() + heartbeat
        else:
            records.wait(log_id, after, max(0.0, beat - time.monotonic()))
