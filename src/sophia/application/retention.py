"""Erasing what is older than it is to be kept."""

from datetime import datetime, timedelta

from sophia.domain.audit import AuditEvent
from sophia.domain.retention import Retention
from sophia.domain.tenancy import TenantScope
from sophia.ports.records import Records
from sophia.ports.system import Clock

__all__ = ["ApplyRetention"]

_BATCH = 50
"""Things erased in one transaction: the others who write wait for it."""

_REST = timedelta(hours=1)
"""Where nothing is old enough, nobody looks again before."""


class ApplyRetention:
    """Erases a company's old threads, logs and evidence, as whoever deletes a thread does; what is live is left alone.

    What is left of tickets and of the audit trail says nothing of what was said. Each batch is in the trail, with how
    many there were.
    """

    def __init__(self, records: Records, retention: Retention, clock: Clock) -> None:
        self._records = records
        self._retention = retention
        self._clock = clock
        self._rests_until: dict[str, datetime] = {}

    def __call__(self, scope: TenantScope) -> int:
        """Erase a batch of each kind for one company (a scope of SOPHIA's own); how many things there were.

        Raises:
            Unavailable: the records do not answer; nothing of the batch is erased.
        """
        now = self._clock.now()
        if now < self._rests_until.get(scope.company_id, now):
            return 0
        erased = 0
        if self._retention.threads is not None:
            erased += self._threads(scope, now, self._retention.threads)
        if self._retention.events is not None:
            erased += self._events(scope, now, self._retention.events)
        if self._retention.evidence is not None:
            erased += self._evidence(scope, now, self._retention.evidence)
        if not erased:
            self._rests_until[scope.company_id] = now + _REST
        return erased

    def _threads(self, scope: TenantScope, now: datetime, kept: timedelta) -> int:
        before = now - kept
        # Looked for without keeping anybody from writing.
        with self._records.read(scope) as tx:
            found = tx.conversations.idle(before, _BATCH)
        if not found:
            return 0
        with self._records.write(scope) as tx:
            # What was said something in since, or deleted, is left alone.
            still = set(found).intersection(tx.conversations.idle(before, _BATCH))
            for thread_id in sorted(still):
                tx.conversations.delete_thread(thread_id)
            if still:
                tx.audit.append(_event("threads.deleted", len(still), kept))
        return len(still)

    def _events(self, scope: TenantScope, now: datetime, kept: timedelta) -> int:
        before = now - kept
        with self._records.read(scope) as tx:
            runs, refreshes = tx.runs.logged(before, _BATCH), tx.refreshes.logged(before, _BATCH)
        if not runs and not refreshes:
            return 0
        with self._records.write(scope) as tx:
            erased = tx.runs.forget_events(runs) + tx.refreshes.forget_events(refreshes)
            if erased:
                tx.audit.append(_event("events.deleted", erased, kept))
        return erased

    def _evidence(self, scope: TenantScope, now: datetime, kept: timedelta) -> int:
        with self._records.read(scope) as tx:
            found = tx.evidence.aged(now - kept, _BATCH)
        if not found:
            return 0
        with self._records.write(scope) as tx:
            erased = tx.evidence.forget(found)
            if erased:
                tx.audit.append(_event("evidence.deleted", erased, kept))
        return erased


def _event(action: str, count: int, kept: timedelta) -> AuditEvent:
    return AuditEvent(action, "retention", {"count": count, "days": kept.days})
