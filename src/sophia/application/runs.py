"""Looking at runs: their state, their events as they come, and stopping them."""

import time
from collections.abc import Callable, Iterator
from typing import TypeAlias

from sophia.domain.audit import AuditEvent
from sophia.domain.refresh import Refresh, RefreshEnded
from sophia.domain.runs import Answer, Outcome, Run, RunCompleted, RunFailed, Sequenced
from sophia.domain.tenancy import Permission, TenantScope
from sophia.errors import AnswerFailed
from sophia.ports.records import Records, Transaction

__all__ = ["CancelRun", "FollowRefresh", "FollowRun", "ReadAnswer", "ReadRun"]

_CHECK_EVERY = 0.5  # seconds

Look: TypeAlias = tuple[tuple[Sequenced, ...], bool]
"""Events of a log, and whether it may still grow."""


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
        self, scope: TenantScope, run: Run, after: int = 0, heartbeat: float = 15.0
    ) -> Iterator[Sequenced | None]:
        """The events above a sequence number, in order, to the last one; None whenever none came for a heartbeat.

        Raises:
            NotFound: the run is gone, or not the caller's.
        """
        scope.require(Permission.CHAT)
        return _follow(self._records, scope, run.id, lambda tx, n: _look_at_run(tx, run.id, n), after, heartbeat)


class ReadAnswer:
    """The answer of a run, once there is one."""

    def __init__(self, follow: FollowRun) -> None:
        self._follow = follow

    def __call__(
        self, scope: TenantScope, run: Run, outcome: Outcome | None = None, check: Callable[[], object] | None = None
    ) -> Answer:
        """Wait for the end of one of the caller's runs, unless its outcome is known already.

        Args:
            scope: the caller's.
            run: one of theirs.
            outcome: how it ended, where that is known.
            check: is asked while it has not ended, twice a second at least; what it raises passes.

        Raises:
            AnswerFailed: the run ended without an answer.
            NotFound: the run is gone, or not the caller's.
        """
        last: object = outcome
        if outcome is None:
            for sequenced in self._follow(scope, run, heartbeat=_CHECK_EVERY):
                last = sequenced and sequenced.event
                if check is not None and not isinstance(last, Outcome):
                    check()
        match last:
            case RunCompleted(answer):
                return answer
            case RunFailed(problem):
                raise AnswerFailed(run.id, problem.code, problem.detail, problem.retry_after)
            case _:
                raise AnswerFailed(run.id, "run-cancelled", "the run was cancelled")


class FollowRefresh:
    """A refresh's progress, so far and to come."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __call__(
        self, scope: TenantScope, refresh: Refresh, after: int = 0, heartbeat: float = 15.0
    ) -> Iterator[Sequenced | None]:
        """As `FollowRun`, for a refresh."""
        scope.require(Permission.REFRESH)
        return _follow(
            self._records, scope, refresh.id, lambda tx, n: _look_at_refresh(tx, refresh.id, n), after, heartbeat
        )


def _follow(
    records: Records,
    scope: TenantScope,
    log_id: str,
    look: Callable[[Transaction, int], Look],
    after: int,
    heartbeat: float,
) -> Iterator[Sequenced | None]:
    with records.tail(scope, log_id) as tail:
        beat = time.monotonic() + heartbeat
        events: tuple[Sequenced, ...] = ()
        while True:
            if not events:
                with records.read(scope) as tx:
                    events, is_live = look(tx, after)
                if not events and not is_live:
                    # Whoever asks has heard the last event already.
                    return
            for sequenced in events:
                yield sequenced
                if isinstance(sequenced.event, Outcome | RefreshEnded):
                    return
                after = sequenced.sequence
            if events:
                beat = time.monotonic() + heartbeat
            elif time.monotonic() >= beat:
                yield None
                beat = time.monotonic() + heartbeat
            events = tail.wait(after, max(0.0, beat - time.monotonic()))


def _look_at_run(tx: Transaction, run_id: str, after: int) -> Look:
    events = tx.runs.events(run_id, after)
    return events, bool(events) or tx.runs.get(run_id).status.is_live


def _look_at_refresh(tx: Transaction, refresh_id: str, after: int) -> Look:
    events = tx.refreshes.events(refresh_id, after)
    return events, bool(events) or tx.refreshes.get(refresh_id).status.is_live
