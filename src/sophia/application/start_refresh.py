"""Beginning a refresh of a company's knowledge, and looking at one."""

from collections.abc import Callable, Sequence

from attrs import frozen

from sophia.application.leases import LeaseKeeper
from sophia.domain.audit import AuditEvent
from sophia.domain.refresh import Refresh, RefreshOptions, RefreshStatus
from sophia.domain.runs import Lease
from sophia.domain.tenancy import Permission, TenantScope
from sophia.errors import Fault, InvalidInput
from sophia.ports.documents import DocumentSource
from sophia.ports.records import Records
from sophia.ports.system import Clock, Ids

__all__ = ["ReadRefresh", "SourcesOf", "StartRefresh", "StartedRefresh"]

SourcesOf = Callable[[str], Sequence[DocumentSource]]
"""The configured sources of a company."""


@frozen
class StartedRefresh:
    """A refresh that has begun, and the lease under which it is carried out."""

    refresh: Refresh
    lease: Lease


class StartRefresh:
    """Begins a refresh, unless the company has one under way."""

    def __init__(
        self, records: Records, sources: SourcesOf, keeper: LeaseKeeper, clock: Clock, ids: Ids, owner: str
    ) -> None:
        self._records = records
        self._sources = sources
        self._keeper = keeper
        self._clock = clock
        self._ids = ids
        self._owner = owner

    def __call__(self, scope: TenantScope, options: RefreshOptions) -> StartedRefresh:
        """Begin a refresh; `RefreshKnowledge` carries it out.

        Raises:
            PermissionDenied: without the permission ``refresh``.
            InvalidInput: a source that the company does not have.
            RefreshInProgress: one is under way.
        """
        scope.require(Permission.REFRESH)
        known = [source.name for source in self._sources(scope.company_id)]
        faults = [
            Fault(f"/sources/{i}", f"no source {name!r}; there are {', '.join(known) or 'none'}")
            for i, name in enumerate(options.sources)
            if name not in known
        ]
        if faults:
            raise InvalidInput(*faults)
        now = self._clock.now()
        refresh = Refresh(self._ids.new("rfr"), RefreshStatus.RUNNING, options, scope.user_id, now)
        with self._records.write(scope) as tx:
            lease = tx.refreshes.start(refresh, self._owner, now, now + self._keeper.ttl)
            tx.audit.append(
                AuditEvent("refresh.started", refresh.id, {"force": options.force, "dry_run": options.dry_run})
            )
        return StartedRefresh(refresh, lease)


class ReadRefresh:
    """The state of a refresh, with its report once it has ended."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __call__(self, scope: TenantScope, refresh_id: str) -> Refresh:
        """One refresh of the caller's company.

        Raises:
            NotFound: none.
        """
        scope.require(Permission.REFRESH)
        with self._records.read(scope) as tx:
            return tx.refreshes.get(refresh_id)
