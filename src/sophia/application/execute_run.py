"""Playing a run: its lease, its turn, and an end that is always written down."""

from datetime import datetime

import structlog

from sophia.application.leases import HeldLease, LeaseKeeper
from sophia.application.play_turn import PlayTurn
from sophia.domain.audit import AuditEvent
from sophia.domain.runs import Lease, Problem, RunCancelled, RunCompleted, RunFailed, RunStarted
from sophia.domain.tenancy import TenantScope
from sophia.errors import Cancelled, LeaseLost, NotFound, SophiaError, Unavailable
from sophia.ports.records import Records, Transaction
from sophia.ports.system import Clock

__all__ = ["ExecuteRun"]

_MOST_ATTEMPTS = 2

_log = structlog.get_logger(__name__)


class ExecuteRun:
    """Plays a run to its end, whoever waits for it."""

    def __init__(self, records: Records, play: PlayTurn, keeper: LeaseKeeper, clock: Clock, owner: str) -> None:
        self._records = records
        self._play = play
        self._keeper = keeper
        self._clock = clock
        self._owner = owner

    def __call__(self, scope: TenantScope, run_id: str) -> None:
        """Play a run, unless somebody else does. Its outcome, good or bad, is in its log when this returns.

        A run whose process died is played once more; after that it ends as ``interrupted``.
        What nobody foresaw ends the run as failed, and is raised.
        """
        now = self._clock.now()
        with self._records.write(scope) as tx:
            lease = tx.runs.claim(run_id, self._owner, now, now + self._keeper.ttl)
            if lease is None:
                return
            run = tx.runs.get(run_id)
            if run.attempt > _MOST_ATTEMPTS:
                tx.runs.finish(lease, RunFailed(Problem("interrupted", "the run was interrupted twice; ask again")))
                return
            tx.runs.append(lease, [RunStarted(run_id, run.thread_id)])
        with self._keeper.hold(scope, lease, _renew) as held:
            if run.cancel_requested:
                self._end(held, RunCancelled())
                return
            try:
                self._play(held, run)
            except LeaseLost:
                _log.warning("run.lease_lost", tenant=scope.company_id, run=run_id)
            except Cancelled:
                self._end(held, RunCancelled())
            except SophiaError as error:
                _log.warning("run.failed", tenant=scope.company_id, run=run_id, error=type(error).__name__)
                self._end(held, RunFailed(_problem(error)))
            except Exception:
                self._end(held, RunFailed(Problem("internal", "something went wrong inside SOPHIA")))
                raise

    def _end(self, held: HeldLease, outcome: RunCompleted | RunFailed | RunCancelled) -> None:
        action = "run.cancelled" if isinstance(outcome, RunCancelled) else "run.failed"
        try:
            with self._records.write(held.scope) as tx:
                tx.runs.finish(held.lease, outcome)
                tx.audit.append(AuditEvent(action, held.lease.work_id))
        except LeaseLost:
            _log.warning("run.lease_lost", tenant=held.scope.company_id, run=held.lease.work_id)


def _problem(error: SophiaError) -> Problem:
    if isinstance(error, Unavailable):
        return Problem("unavailable", str(error), error.retry_after)
    if isinstance(error, NotFound):
        return Problem("not-found", str(error))
    return Problem("failed", str(error))


def _renew(tx: Transaction, lease: Lease, until: datetime) -> bool:
    return tx.runs.renew(lease, until).cancel_requested
