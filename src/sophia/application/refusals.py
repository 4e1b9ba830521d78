"""Recording who was refused what, so that whoever is refused cannot make the trail grow as they please."""

from datetime import datetime, timedelta
from threading import Lock

from attrs import evolve, frozen

from sophia.domain.audit import AuditEvent
from sophia.domain.tenancy import TenantScope
from sophia.errors import SophiaError
from sophia.ports.records import Records
from sophia.ports.system import Clock

__all__ = ["RecordRefusals"]

_WINDOW = timedelta(minutes=1)

_Key = tuple[str, str, str]


@frozen
class _Refused:
    """What one user was refused since a time, and how often."""

    scope: TenantScope
    permission: str
    since: datetime
    times: int = 0

    @property
    def key(self) -> _Key:
        return self.scope.company_id, self.scope.user_id, self.permission

    @property
    def event(self) -> AuditEvent:
        since = self.since.isoformat(timespec="seconds")
        return AuditEvent("permission.refused", self.permission, {"times": self.times, "since": since})


class RecordRefusals:
    """Counts refusals in this process, and writes them to the trail as a chore.

    A user and a permission get one entry a minute for each process at the most. Whoever is refused does not wait for
    the records. A process that is killed loses what it has counted in its last minute.
    """

    def __init__(self, records: Records, clock: Clock) -> None:
        self._records = records
        self._clock = clock
        self._lock = Lock()
        self._counted: dict[_Key, _Refused] = {}
        self._window = _WINDOW

    def denied(self, scope: TenantScope, permission: str) -> None:
        """Somebody who is known may not do something."""
        self._count(_Refused(scope, permission, self._clock.now(), 1))

    def finish(self) -> None:
        """Let the next chore write all that was counted: there will be no other."""
        self._window = timedelta(0)

    def __call__(self, scope: TenantScope) -> int:
        """Write what one company's users were refused (a scope of SOPHIA's own), once a minute is over; how many.

        Raises:
            Unavailable: the records do not answer; nothing is lost.
        """
        until = self._clock.now() - self._window
        with self._lock:
            of_company = [r for r in self._counted.values() if r.scope.company_id == scope.company_id]
            due = [self._counted.pop(refused.key) for refused in of_company if refused.since <= until]
        for done, refused in enumerate(due):
            try:
                with self._records.write(refused.scope) as tx:
                    tx.audit.append(refused.event)
            except SophiaError:
                for left in due[done:]:
                    self._count(left)
                raise
        return len(due)

    def _count(self, refused: _Refused) -> None:
        with self._lock:
            before = self._counted.get(refused.key)
            if before is not None:
                since = min(before.since, refused.since)
                refused = evolve(refused, since=since, times=before.times + refused.times)
            self._counted[refused.key] = refused
