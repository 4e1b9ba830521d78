"""Where the audit trail goes beside the records."""

from typing import Protocol

from sophia.domain.audit import AuditEntry

__all__ = ["AuditSink"]


class AuditSink(Protocol):
    """Keeps what it is sent; the same entry, named by company and sequence, is kept once however often it comes."""

    def deliver(self, entry: AuditEntry) -> None:
        """Hand an entry over; it is kept when this returns.

        Raises:
            Unavailable: it is not, or nobody knows.
        """
        ...
