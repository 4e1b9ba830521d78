"""Taking up runs whose process has died."""

from sophia.application.identity import SystemIdentity
from sophia.application.leases import RUNS, LeaseKeeper
from sophia.application.start_run import StartedRun
from sophia.domain.audit import AuditEvent
from sophia.domain.runs import Problem, Run, RunFailed, RunStarted
from sophia.domain.tenancy import TenantScope
from sophia.errors import CompanySuspended, PermissionDenied
from sophia.logs import get_logger
from sophia.ports.records import Records
from sophia.ports.system import Clock

__all__ = ["ResumeRuns"]

_MOST_ATTEMPTS = 2

_BATCH = 20

_log = get_logger(__name__)


class ResumeRuns:
    """Takes up live runs that nobody plays any more, each with the scope of the user who asked.

    A run is played once more; after that it ends as interrupted, as it does at once where its user is gone or
    their company is suspended.
    """

    def __init__(self, records: Records, system: SystemIdentity, keeper: LeaseKeeper, clock: Clock, owner: str) -> None:
        self._records = records
        self._system = system
        self._keeper = keeper
        self._clock = clock
        self._owner = owner

    def __call__(self, scope: TenantScope) -> list[StartedRun]:
        """Runs of one company (a scope of SOPHIA's own), held by this process now, which has to execute them."""
        with self._records.read(scope) as tx:
            abandoned = tx.runs.abandoned(self._clock.now(), _BATCH)
        return [started for run, user_id in abandoned if (started := self._take(scope, run, user_id)) is not None]

    def _take(self, scope: TenantScope, run: Run, user_id: str) -> StartedRun | None:
        problem, caller = None, scope
        try:
            caller = self._system.on_behalf(scope.company_id, user_id)
        except CompanySuspended as error:
            problem = str(error)
        except PermissionDenied:
            problem = "the run's user is gone"
        if run.attempt >= _MOST_ATTEMPTS:
            problem = "the run was interrupted twice; ask again"
        now = self._clock.now()
        with self._records.write(caller) as tx:
            lease = tx.runs.claim(run.id, self._owner, now, now + self._keeper.ttl)
            if lease is None:
                return None
            if problem is not None:
                tx.runs.finish(lease, RunFailed(Problem("interrupted", problem)))
                tx.audit.append(AuditEvent("run.failed", run.id))
                _log.warning("run.given_up", tenant=scope.company_id, thread=run.thread_id, run=run.id)
                return None
            run = tx.runs.get(run.id)
            tx.runs.append({lease: [RunStarted(run.id, run.thread_id)]})
        _log.info("run.resumed", tenant=scope.company_id, thread=run.thread_id, run=run.id, attempt=run.attempt)
        return StartedRun(run, self._keeper.take(caller, lease, RUNS))
