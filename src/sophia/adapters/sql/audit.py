"""The audit trail."""

from typing import Any

from sqlalchemy import Row, bindparam, insert, select

from sophia.adapters.sql.tables import audit
from sophia.adapters.sql.unit import Unit
from sophia.domain.audit import BEGINNING, AuditEntry, AuditEvent, Head
from sophia.ports.records import AuditLog
from sophia.ports.system import Clock

__all__ = ["SqlAuditLog"]

_of_company = audit.c.company_id == bindparam("company")
_LAST = select(audit.c.sequence, audit.c.hash).where(_of_company).order_by(audit.c.sequence.desc()).limit(1)
_APPEND = insert(audit)
_ENTRIES = (
    select(audit)
    .where(_of_company, audit.c.sequence > bindparam("after"))
    .order_by(audit.c.sequence)
    .limit(bindparam("count"))
)


class SqlAuditLog(AuditLog):
    """The audit trail in SQL."""

    def __init__(self, unit: Unit, clock: Clock) -> None:
        self._unit = unit
        self._clock = clock

    def append(self, event: AuditEvent) -> AuditEntry:
        """See `AuditLog`."""
        # Nobody else writes for this company until the transaction ends: what is the last entry stays it.
        scope, last = self._unit.scope, self._unit.first(_LAST, self._unit.of_company())
        sequence, previous = (0, BEGINNING) if last is None else (last.sequence, last.hash)
        entry = AuditEntry(scope.company_id, sequence + 1, self._clock.now(), scope.user_id, event, previous).sealed()
        self._unit.change(
            _APPEND,
            {
                "company_id": entry.company_id,
                "sequence": entry.sequence,
                "at": entry.at,
                "actor": entry.actor,
                "action": event.action,
                "subject": event.subject,
                "details": event.details,
                "previous_hash": entry.previous_hash,
                "hash": entry.hash,
            },
        )
        return entry

    def head(self) -> Head | None:
        """See `AuditLog`."""
        last = self._unit.first(_LAST, self._unit.of_company())
        return None if last is None else Head(self._unit.scope.company_id, last.sequence, last.hash)

    def entries(self, after: int = 0, limit: int = 1000) -> tuple[AuditEntry, ...]:
        """See `AuditLog`."""
        rows = self._unit.rows(_ENTRIES, self._unit.of_company(after=after, count=limit))
        return tuple(map(_entry, rows))


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        row.company_id,
        row.sequence,
        row.at,
        row.actor,
        AuditEvent(row.action, row.subject, row.details),
        row.previous_hash,
        row.hash,
    )
