"""The audit trail."""

from sqlalchemy import bindparam, func, insert, select

from sophia.adapters.sql.tables import JsonValue, audit
from sophia.adapters.sql.unit import Unit
from sophia.domain.audit import AuditEntry, AuditEvent
from sophia.ports.records import AuditLog
from sophia.ports.system import Clock

__all__ = ["SqlAuditLog"]

_of_company = audit.c.company_id == bindparam("company")
_APPEND = (
    insert(audit)
    .values(
        company_id=bindparam("company"),
        sequence=select(func.coalesce(func.max(audit.c.sequence), 0) + 1).where(_of_company).scalar_subquery(),
        at=bindparam("now"),
        actor=bindparam("who"),
        action=bindparam("what"),
        subject=bindparam("whom"),
        details=bindparam("more", type_=JsonValue),
    )
    .returning(audit.c.sequence)
)
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
        at, actor = self._clock.now(), self._unit.scope.user_id
        values = {"now": at, "who": actor, "what": event.action, "whom": event.subject, "more": event.details}
        (row,) = self._unit.rows(_APPEND, self._unit.of_company(**values))
        return AuditEntry(row.sequence, at, actor, event)

    def entries(self, after: int = 0, limit: int = 1000) -> tuple[AuditEntry, ...]:
        """See `AuditLog`."""
        rows = self._unit.rows(_ENTRIES, self._unit.of_company(after=after, count=limit))
        return tuple(
            AuditEntry(row.sequence, row.at, row.actor, AuditEvent(row.action, row.subject, row.details))
            for row in rows
        )
