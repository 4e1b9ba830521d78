"""The system of record in SQL."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Engine, bindparam, select, union_all

from sophia.adapters.sql.audit import SqlAuditLog
from sophia.adapters.sql.conversations import SqlConversations
from sophia.adapters.sql.delivered import SqlDelivered
from sophia.adapters.sql.documents import SqlDocuments
from sophia.adapters.sql.engine import check_migrated, reading, writing
from sophia.adapters.sql.evidence import SqlEvidenceLog
from sophia.adapters.sql.log_watch import LogKey, LogWatch
from sophia.adapters.sql.outbox import SqlOutbox
from sophia.adapters.sql.refreshes import SqlRefreshes
from sophia.adapters.sql.remote_threads import SqlRemoteThreads
from sophia.adapters.sql.runs import SqlRuns
from sophia.adapters.sql.tables import refreshes, runs
from sophia.adapters.sql.tallies import SqlTallies
from sophia.adapters.sql.tickets import SqlTickets
from sophia.adapters.sql.unit import Unit, batches
from sophia.domain.tenancy import TenantScope
from sophia.ports.records import LogTail, Records, Transaction
from sophia.ports.system import Clock

__all__ = ["SqlRecords"]

_LAST = union_all(
    *(
        select(t.c.id, t.c.last_sequence).where(
            t.c.company_id == bindparam("company"), t.c.id.in_(bindparam("ids", expanding=True))
        )
        for t in (runs, refreshes)
    )
)


class SqlTransaction(Transaction):
    """The roles of one open transaction."""

    def __init__(self, unit: Unit, clock: Clock) -> None:
        self._unit = unit
        self._clock = clock

    @property
    def conversations(self) -> SqlConversations:
        """Threads and messages."""
        return SqlConversations(self._unit)

    @property
    def runs(self) -> SqlRuns:
        """Runs and their logs."""
        return SqlRuns(self._unit)

    @property
    def documents(self) -> SqlDocuments:
        """The knowledge base."""
        return SqlDocuments(self._unit)

    @property
    def refreshes(self) -> SqlRefreshes:
        """Refreshes and their logs."""
        return SqlRefreshes(self._unit)

    @property
    def tickets(self) -> SqlTickets:
        """Tickets."""
        return SqlTickets(self._unit)

    @property
    def outbox(self) -> SqlOutbox:
        """Deliveries that wait."""
        return SqlOutbox(self._unit)

    @property
    def evidence(self) -> SqlEvidenceLog:
        """What look-ups have found."""
        return SqlEvidenceLog(self._unit)

    @property
    def remote_threads(self) -> SqlRemoteThreads:
        """Threads that services outside keep for ours."""
        return SqlRemoteThreads(self._unit)

    @property
    def audit(self) -> SqlAuditLog:
        """The audit trail."""
        return SqlAuditLog(self._unit, self._clock)

    @property
    def delivered(self) -> SqlDelivered:
        """How far the audit trail was delivered."""
        return SqlDelivered(self._unit)

    @property
    def tallies(self) -> SqlTallies:
        """What was used in the present window of time."""
        return SqlTallies(self._unit)


class SqlRecords(Records):
    """The system of record in a migrated database; safe to use from several threads and processes.

    A thread that writes must not open a second transaction for writing before the first has ended.
    """

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._watch = LogWatch(self._last_sequences)

    def check(self) -> None:
        """See `Records`."""
        check_migrated(self._engine)

    @contextmanager
    def read(self, scope: TenantScope) -> Iterator[Transaction]:
        """See `Records`."""
        with reading(self._engine, scope.company_id) as connection:
            yield SqlTransaction(Unit(connection, scope), self._clock)

    @contextmanager
    def write(self, scope: TenantScope) -> Iterator[Transaction]:
        """See `Records`."""
        with writing(self._engine, scope.company_id) as connection:
            unit = Unit(connection, scope)
            yield SqlTransaction(unit, self._clock)
        self._watch.tell({(scope.company_id, log_id): events for log_id, events in unit.advanced.items()})

    @contextmanager
    def tail(self, scope: TenantScope, log_id: str) -> Iterator[LogTail]:
        """See `Records`."""
        with self._watch.listen((scope.company_id, log_id)) as tail:
            yield tail

    def _last_sequences(self, logs: Sequence[LogKey]) -> dict[LogKey, int]:
        # Nothing but a number is read, and nobody is told it: this needs no scope.
        lasts: dict[LogKey, int] = {}
        for company_id, of_company in groupby(sorted(logs), key=itemgetter(0)):
            with reading(self._engine, company_id) as connection:
                for ids in batches([log_id for _, log_id in of_company]):
                    rows = connection.execute(_LAST, {"company": company_id, "ids": ids})
                    lasts |= {(company_id, row.id): row.last_sequence for row in rows}
        return lasts
