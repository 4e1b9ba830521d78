"""Playing a run: its turn, and an end that is always written down."""

from sophia.application.leases import HeldLease, LeaseKeeper
from sophia.application.play_turn import PlayTurn
from sophia.application.run_log import LogWriter
from sophia.application.start_run import StartedRun
from sophia.domain.audit import AuditEvent
from sophia.domain.runs import Outcome, Problem, Run, RunCancelled, RunFailed
from sophia.errors import Cancelled, CompanySuspended, LeaseLost, NotFound, SophiaError, Unavailable
from sophia.logs import get_logger
from sophia.ports.records import Records

__all__ = ["ExecuteRun"]

_log = get_logger(__name__)


class ExecuteRun:
    """Plays a run to its end, whoever waits for it."""

    def __init__(self, records: Records, play: PlayTurn, writer: LogWriter, keeper: LeaseKeeper) -> None:
        self._records = records
        self._play = play
        self._writer = writer
        self._keeper = keeper

    def __call__(self, started: StartedRun) -> Outcome | None:
        """Play a run, and let its lease go. Its outcome, good or bad, is in its log when this returns.

        None where the run is, or was, somebody else's to play. What nobody foresaw ends the run as failed,
        and is raised.
        """
        run, held = started.run, started.held
        if held is None:
            return None
        try:
            return self._outcome(run, held)
        except LeaseLost:
            _log.warning("run.lease_lost", tenant=held.scope.company_id, run=run.id)
            return None
        finally:
            self._keeper.let_go(held)

    def _outcome(self, run: Run, held: HeldLease) -> Outcome:
        if run.cancel_requested:
            return self._end(held, RunCancelled())
        try:
            return self._play(held, run)
        except LeaseLost:
            raise
        except Cancelled:
            return self._end(held, RunCancelled())
        except SophiaError as error:
            _log.warning("run.failed", tenant=held.scope.company_id, run=run.id, error=type(error).__name__)
            return self._end(held, RunFailed(_problem(error)))
        except Exception:
            self._end(held, RunFailed(Problem("internal", "something went wrong inside SOPHIA")))
            raise

    def _end(self, held: HeldLease, outcome: RunFailed | RunCancelled) -> Outcome:
        action = "run.cancelled" if isinstance(outcome, RunCancelled) else "run.failed"
        before = self._writer.rest(held)
        with self._records.write(held.scope) as tx:
            tx.runs.finish(held.lease, outcome, before)
            tx.audit.append(AuditEvent(action, held.lease.work_id))
        return outcome


def _problem(error: SophiaError) -> Problem:
    if isinstance(error, Unavailable):
        return Problem("unavailable", str(error), error.retry_after)
    if isinstance(error, NotFound):
        return Problem("not-found", str(error))
    if isinstance(error, CompanySuspended):
        return Problem("company-suspended", str(error))
    return Problem("failed", str(error))
