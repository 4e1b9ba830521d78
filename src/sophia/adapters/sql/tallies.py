"""What companies and users have used of what is counted by windows of time."""

from datetime import datetime

from sqlalchemy import and_, bindparam, insert, select, update

from sophia.adapters.sql.tables import tallies
from sophia.adapters.sql.unit import Unit
from sophia.domain.limits import Counted, Tally, Whose
from sophia.ports.records import Tallies

__all__ = ["SqlTallies"]

_this = and_(
    tallies.c.company_id == bindparam("company"),
    tallies.c.user_id == bindparam("of_user"),
    tallies.c.what == bindparam("counted"),
)
_TALLY = select(tallies.c.began, tallies.c.used).where(_this)
_INSERT = insert(tallies)
_UPDATE = update(tallies).where(_this).values(began=bindparam("since"), used=bindparam("amount"))


class SqlTallies(Tallies):
    """A row for each user and one, of nobody, for the company."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def get(self, what: Counted, whose: Whose, beginning: datetime, of: str = "") -> Tally:
        """See `Tallies`."""
        row = self._unit.first(_TALLY, self._unit.of_company(of_user=self._user(whose), counted=_counted(what, of)))
        return Tally(beginning) if row is None else Tally(row.began, row.used).at(beginning)

    def put(self, what: Counted, whose: Whose, tally: Tally, of: str = "") -> None:
        """See `Tallies`."""
        user, counted = self._user(whose), _counted(what, of)
        values = self._unit.of_company(of_user=user, counted=counted, since=tally.began, amount=tally.used)
        if self._unit.change(_UPDATE, values) == 0:
            row = {"user_id": user, "what": counted, "began": tally.began, "used": tally.used}
            self._unit.change(_INSERT, {"company_id": self._unit.scope.company_id, **row})

    def _user(self, whose: Whose) -> str:
        return self._unit.scope.user_id if whose is Whose.USER else ""


def _counted(what: Counted, of: str) -> str:
    return f"{what}:{of}" if of else what.value
