"""A ticket desk that keeps what it receives."""

from attrs import evolve
from sqlalchemy import Engine, bindparam, func, insert, select

from sophia.adapters.sql.engine import reading, writing
from sophia.adapters.sql.tables import desk_reports
from sophia.adapters.sql.translate import ticket_from_json, ticket_to_json
from sophia.domain.handoff import Ticket
from sophia.ports.ticket_desk import TicketDesk

__all__ = ["LocalTicketDesk"]

_of_company = desk_reports.c.company_id == bindparam("company")
_BY_KEY = select(desk_reports.c.number).where(_of_company, desk_reports.c.key == bindparam("k"))
_COUNT = select(func.count()).select_from(desk_reports).where(_of_company)
_INSERT = insert(desk_reports)
_REPORTS = select(desk_reports.c.number, desk_reports.c.ticket).where(_of_company).order_by(desk_reports.c.number)


class LocalTicketDesk(TicketDesk):
    """Numbers tickets LOCAL-1, LOCAL-2, … per company and lists them. Nobody works on them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(self, ticket: Ticket) -> str:
        """See `TicketDesk`."""
        company = {"company": ticket.company_id}
        with writing(self._engine, ticket.company_id) as connection:
            number = connection.execute(_BY_KEY, company | {"k": ticket.key}).scalar()
            if number is None:
                number = connection.execute(_COUNT, company).scalar_one() + 1
                row = {"key": ticket.key, "number": number, "ticket": ticket_to_json(ticket)}
                connection.execute(_INSERT, {"company_id": ticket.company_id, **row})
        return _name(number)

    def reports(self, company_id: str) -> tuple[Ticket, ...]:
        """What a company's tickets said as they came in, each with its number here, oldest first.

        Raises:
            Unavailable: the database does not answer.
        """
        with reading(self._engine) as connection:
            rows = connection.execute(_REPORTS, {"company": company_id}).all()
        return tuple(evolve(ticket_from_json(row.ticket), external_id=_name(row.number)) for row in rows)


def _name(number: int) -> str:
    return f"LOCAL-{number}"
