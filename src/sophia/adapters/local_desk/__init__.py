"""A ticket desk for companies that have none yet: it keeps what it receives, in the database of the records."""

from sophia.adapters.local_desk.desk import LocalTicketDesk

__all__ = ["LocalTicketDesk"]
