"""Recording who was refused what, so that whoever is refused cannot make the trail grow as they please."""

from datetime import datetime, timedelta
from threading import Lock

from attrs import evolve, frozen

from sophia.application.identity import SystemIdentity
from sophia.domain.audit import AuditEvent
from sophia.domain.tenancy import TenantScope
from sophia.errors import SophiaError
from sophia.ports.records import Records
from sophia.ports.system import Clock

__all__ = ["RecordRefusals"]

_WINDOW = timedelta(minutes=1)

_Key = tuple[str, str, str, str]


@frozen
class _Refused:
    """Who was refused what since a time, and how often."""

    scope: TenantScope
    action: str
    subject: str
    since: datetime
    times: int = 1

    @property
    def key(self) -> _Key:
        return self.scope.company_id, self.scope.user_id, self.action, self.subject

    @property
    def event(self) -> AuditEvent:
        since = self.since.isoformat(timespec="seconds")
        return AuditEvent(self.action, self.subject, {"times": self.times, "since": since})


class RecordRefusals:
    """Counts refusals in this process, and writes them to the trail as a chore.

    A user and a permission, or a limit, get one entry a minute for each process at the most, and so does a kind of
    credential with which nobody got in: strangers are told apart by nothing that they choose. Whoever is refused does
    not wait for the records. A process that is killed loses what it has counted in its last minute.
    """

    def __init__(self, records: Records, system: SystemIdentity, clock: Clock) -> None:
        self._records = records
        self._stranger = system.platform("sign-in")
        self._clock = clock
        self._lock = Lock()
        self._counted: dict[_Key, _Refused] = {}
        self._window = _WINDOW

    def denied(self, scope: TenantScope, permission: str) -> None:
        """Somebody who is known may not do something."""
        self._count(_Refused(scope, "permission.refused", permission, self._clock.now()))

    def limited(self, scope: TenantScope, limit: str) -> None:
        """Somebody, or their company, is at a limit."""
        self._count(_Refused(scope, "limit.reached", limit, self._clock.now()))

    def not_let_in(self, credential: str, permission: str | None = None) -> None:
        """Somebody did not get in; that is no company's to know, whatever company they name.

        Args:
            credential: what kind of it they came with, one of a few.
            permission: what was refused to who holds it, where it is good.
        """
        subject = f"{credential}/{permission}" if permission else credential
        self._count(_Refused(self._stranger, "sign_in.refused", subject, self._clock.now()))

    def finish(self) -> None:
        """Let the next chore write all that was counted: there will be no other."""
        self._window = timedelta(0)

    def __call__(self, scope: TenantScope) -> int:
        """Write what was refused once a minute is over, for a company or the platform; how many entries.

        Args:
            scope: of SOPHIA's own work.

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
