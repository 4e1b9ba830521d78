"""A ticket desk that numbers what it receives."""

from attrs import frozen
from sqlalchemy import Engine, bindparam, func, insert, select

from sophia.adapters.sql.engine import reading, writing
from sophia.adapters.sql.tables import desk_reports
from sophia.domain.tickets import Ticket
from sophia.ports.ticket_desk import TicketDesk

__all__ = ["DeskReport", "LocalTicketDesk"]

_of_company = desk_reports.c.company_id == bindparam("company")
_BY_KEY = select(desk_reports.c.number).where(_of_company, desk_reports.c.key == bindparam("k"))
_COUNT = select(func.count()).select_from(desk_reports).where(_of_company)
_INSERT = insert(desk_reports)
_REPORTS = select(desk_reports.c.number, desk_reports.c.ticket_id).where(_of_company).order_by(desk_reports.c.number)


@frozen
class DeskReport:
    """A ticket as the local desk knows it: its number here, and the ticket that has its words."""

    number: str
    ticket_id: str


class LocalTicketDesk(TicketDesk):
    """Numbers tickets LOCAL-1, LOCAL-2, … per company and lists them. Nobody works on them.

    It keeps no copy of a ticket's words: they stand in the system of record, and are erased there with their thread.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(self, ticket: Ticket) -> str:
        """See `TicketDesk`."""
        company = {"company": ticket.company_id}
        with writing(self._engine, ticket.company_id) as connection:
            number = connection.execute(_BY_KEY, company | {"k": ticket.key}).scalar()
            if number is None:
                number = connection.execute(_COUNT, company).scalar_one() + 1
                row = {"key": ticket.key, "number": number, "ticket_id": ticket.id}
                connection.execute(_INSERT, {"company_id": ticket.company_id, **row})
        return _name(number)

    def reports(self, company_id: str) -> tuple[DeskReport, ...]:
        """What a company has handed over, oldest first.

        Raises:
            Unavailable: the database does not answer.
        """
        with reading(self._engine, company_id) as connection:
            rows = connection.execute(_REPORTS, {"company": company_id}).all()
        return tuple(DeskReport(_name(row.number), row.ticket_id) for row in rows)


def _name(number: int) -> str:
    return f"LOCAL-{number}"
