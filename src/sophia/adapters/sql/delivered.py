"""How far the audit trail was delivered."""

from datetime import datetime

from sqlalchemy import and_, bindparam, insert, or_, select, update

from sophia.adapters.sql.tables import audit_deliveries as deliveries
from sophia.adapters.sql.unit import Unit, require_system
from sophia.domain.runs import Lease
from sophia.errors import LeaseLost
from sophia.ports.records import Delivered

__all__ = ["SqlDelivered"]

_WORK = "audit"

_of_company = deliveries.c.company_id == bindparam("company")
_THIS = select(deliveries).where(_of_company)
_INSERT = insert(deliveries)
_DUE = _THIS.where(
    or_(deliveries.c.due.is_(None), deliveries.c.due <= bindparam("now")),
    or_(deliveries.c.lease_until.is_(None), deliveries.c.lease_until <= bindparam("now")),
)
_TAKE = (
    update(deliveries)
    .where(_of_company)
    .values(owner=bindparam("holder"), lease_until=bindparam("until"), fence=bindparam("f"))
)
_SETTLE = (
    update(deliveries)
    .where(and_(_of_company, deliveries.c.owner == bindparam("holder"), deliveries.c.fence == bindparam("held")))
    .values(
        position=bindparam("reached"),
        attempts=bindparam("tries"),
        due=bindparam("next"),
        owner=None,
        lease_until=None,
    )
)


class SqlDelivered(Delivered):
    """The place of the trail's delivery in SQL; a row a company, made when it is first claimed."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def position(self) -> int:
        """See `Delivered`."""
        row = self._unit.first(_THIS, self._unit.of_company())
        return 0 if row is None else int(row.position)

    def claim(self, owner: str, now: datetime, until: datetime) -> tuple[Lease, int, int] | None:
        """See `Delivered`."""
        require_system(self._unit.scope)
        if self._unit.first(_THIS, self._unit.of_company()) is None:
            row = {"company_id": self._unit.scope.company_id, "position": 0, "attempts": 0, "fence": 0}
            self._unit.change(_INSERT, row)
        free = self._unit.first(_DUE, self._unit.of_company(now=now))
        if free is None:
            return None
        self._unit.change(_TAKE, self._unit.of_company(holder=owner, until=until, f=free.fence + 1))
        return Lease(_WORK, owner, free.fence + 1), free.position, free.attempts

    def settle(self, lease: Lease, position: int, attempts: int, due: datetime | None) -> None:
        """See `Delivered`."""
        held = self._unit.of_company(holder=lease.owner, held=lease.fence, reached=position, tries=attempts, next=due)
        if self._unit.change(_SETTLE, held) == 0:
            raise LeaseLost("the delivery of the audit trail is somebody else's by now")
