"""Finding runs whose process has died."""

from datetime import timedelta

import structlog

from sophia.application.identity import SystemIdentity
from sophia.domain.audit import AuditEvent
from sophia.domain.runs import Problem, Run, RunFailed
from sophia.domain.tenancy import TenantScope
from sophia.errors import PermissionDenied
from sophia.ports.records import Records
from sophia.ports.system import Clock

__all__ = ["FindAbandonedRuns"]

_BATCH = 20
_PATIENCE = timedelta(seconds=20)
"""How long a run may wait for the process that took its message in to begin."""

_log = structlog.get_logger(__name__)


class FindAbandonedRuns:
    """Live runs that nobody plays, each with the scope of the user who asked; whose user is gone ends here."""

    def __init__(self, records: Records, system: SystemIdentity, clock: Clock) -> None:
        self._records = records
        self._system = system
        self._clock = clock

    def __call__(self, scope: TenantScope) -> list[tuple[TenantScope, str]]:
        """The runs of one company (a scope of SOPHIA's own) that are to be played again."""
        now = self._clock.now()
        with self._records.read(scope) as tx:
            abandoned = tx.runs.abandoned(now, _BATCH)
        taken_up = []
        for run, user_id in abandoned:
            if not run.attempt and now - run.created_at < _PATIENCE:
                continue
            try:
                caller = self._system.on_behalf(scope.company_id, user_id)
            except PermissionDenied:
                self._give_up(scope, run)
            else:
                taken_up.append((caller, run.id))
        return taken_up

    def _give_up(self, scope: TenantScope, run: Run) -> None:
        now = self._clock.now()
        with self._records.write(scope) as tx:
            lease = tx.runs.claim(run.id, scope.user_id, now, now)
            if lease is not None:
                tx.runs.finish(lease, RunFailed(Problem("interrupted", "the run's user is gone")))
                tx.audit.append(AuditEvent("run.failed", run.id))
        _log.info("run.given_up", tenant=scope.company_id, run=run.id)
