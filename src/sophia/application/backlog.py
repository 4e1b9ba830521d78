"""What waits to be done, over all companies."""

from datetime import datetime

from attrs import frozen

from sophia.application.deliver_trail import undelivered
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
        entries: audit entries that are not delivered yet; None where they go nowhere.
        entries_age: seconds since the oldest of these was made; None where there is none.
        documents: what the knowledge base holds.
        failures: what it should hold and could not take in.
        pending: chunks that wait for their vector.
        sources_unread: sources that are configured and were never read.
        refresh_age: seconds since the source was read that was read least lately; None where none was.
    """

    deliveries: int = 0
    entries: int | None = None
    entries_age: float | None = None
    documents: int = 0
    failures: int = 0
    pending: int = 0
    sources_unread: int = 0
    refresh_age: float | None = None


class MeasureBacklog:
    """Adds up what waits, one company after the other.

    Args:
        delivers_trail: whether the audit trails go anywhere.
    """

    def __init__(
        self,
        records: Records,
        sources: SourcesOf,
        system: SystemIdentity,
        clock: Clock,
        delivers_trail: bool = False,
    ) -> None:
        self._records = records
        self._sources = sources
        self._system = system
        self._clock = clock
        self._delivers_trail = delivers_trail
        self._probe = Probe("backlog", self._measure, _GOOD_FOR)

    def __call__(self) -> Backlog | None:
        """What waits, as it was some seconds ago at the most; None when the records do not answer."""
        try:
            return self._probe.result(_PATIENCE)
        except SophiaError as error:
            _log.warning("backlog.unknown", error=type(error).__name__)
            return None

    def _measure(self) -> Backlog:
        total, now = Backlog(entries=0 if self._delivers_trail else None), self._clock.now()
        for scope in self._system.scopes("metrics"):
            total = self._added(total, scope, now)
        return total

    def _added(self, total: Backlog, scope: TenantScope, now: datetime) -> Backlog:
        with self._records.read(scope) as tx:
            deliveries = tx.outbox.depth()
            entries, oldest = undelivered(tx) if self._delivers_trail else (0, None)
            sources = tx.documents.sources()
        unread = {source.name for source in self._sources(scope.company_id)} - {source.name for source in sources}
        ages = [(now - source.refreshed_at).total_seconds() for source in sources if source.refreshed_at is not None]
        return Backlog(
            deliveries=total.deliveries + deliveries,
            entries=None if total.entries is None else total.entries + entries,
            entries_age=_older(total.entries_age, None if oldest is None else (now - oldest).total_seconds()),
            documents=total.documents + sum(source.documents for source in sources),
            failures=total.failures + sum(len(source.failures) for source in sources),
            pending=total.pending + sum(source.pending for source in sources),
            sources_unread=total.sources_unread + len(unread),
            refresh_age=_older(total.refresh_age, max(ages, default=None)),
        )


def _older(*ages: float | None) -> float | None:
    return max((age for age in ages if age is not None), default=None)
