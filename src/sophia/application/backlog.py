"""What waits to be done, over all companies."""

from datetime import datetime

from attrs import frozen

from sophia.application.identity import SystemIdentity
from sophia.application.probe import Probe
from sophia.application.start_refresh import SourcesOf
from sophia.domain.tenancy import TenantScope
from sophia.errors import SophiaError
from sophia.logs import get_logger
from sophia.ports.records import Records
from sophia.ports.system import Clock

__all__ = ["Backlog", "MeasureBacklog"]

_GOOD_FOR = 5.0
_PATIENCE = 5.0

_log = get_logger(__name__)


@frozen
class Backlog:
    """What waits, and how old it is.

    Attributes:
        deliveries: tickets that are not delivered yet.
        documents: what the knowledge base holds.
        failures: what it should hold and could not take in.
        pending: chunks that wait for their vector.
        sources_unread: sources that are configured and were never read.
        refresh_age: seconds since the source was read that was read least lately; None where none was.
    """

    deliveries: int = 0
    documents: int = 0
    failures: int = 0
    pending: int = 0
    sources_unread: int = 0
    refresh_age: float | None = None


class MeasureBacklog:
    """Adds up what waits, one company after the other."""

    def __init__(self, records: Records, sources: SourcesOf, system: SystemIdentity, clock: Clock) -> None:
        self._records = records
        self._sources = sources
        self._system = system
        self._clock = clock
        self._probe = Probe("backlog", self._measure, _GOOD_FOR)

    def __call__(self) -> Backlog | None:
        """What waits, as it was some seconds ago at the most; None when the records do not answer."""
        try:
            return self._probe.result(_PATIENCE)
        except SophiaError as error:
            _log.warning("backlog.unknown", error=type(error).__name__)
            return None

    def _measure(self) -> Backlog:
        total, now = Backlog(), self._clock.now()
        for scope in self._system.scopes("metrics"):
            total = self._added(total, scope, now)
        return total

    def _added(self, total: Backlog, scope: TenantScope, now: datetime) -> Backlog:
        with self._records.read(scope) as tx:
            deliveries = tx.outbox.depth()
            sources = tx.documents.sources()
        unread = {source.name for source in self._sources(scope.company_id)} - {source.name for source in sources}
        ages = [(now - source.refreshed_at).total_seconds() for source in sources if source.refreshed_at is not None]
        if total.refresh_age is not None:
            ages.append(total.refresh_age)
        return Backlog(
            deliveries=total.deliveries + deliveries,
            documents=total.documents + sum(source.documents for source in sources),
            failures=total.failures + sum(len(source.failures) for source in sources),
            pending=total.pending + sum(source.pending for source in sources),
            sources_unread=total.sources_unread + len(unread),
            refresh_age=max(ages, default=None),
        )
