"""What every system of record keeps."""

from sophia.testing.contracts.records_conversations import ConversationsContract
from sophia.testing.contracts.records_documents import DocumentsContract
from sophia.testing.contracts.records_evidence import EvidenceLogContract
from sophia.testing.contracts.records_refreshes import RefreshesContract
from sophia.testing.contracts.records_remote_threads import RemoteThreadsContract
from sophia.testing.contracts.records_runs import RunsContract
from sophia.testing.contracts.records_tallies import TalliesContract
from sophia.testing.contracts.records_tickets import (
    AuditLogContract,
    DeliveredContract,
    OutboxContract,
    TicketsContract,
)
from sophia.testing.contracts.records_transactions import TransactionsContract

__all__ = ["RecordsContract"]


class RecordsContract(
    ConversationsContract,
    RunsContract,
    DocumentsContract,
    RefreshesContract,
    TicketsContract,
    OutboxContract,
    AuditLogContract,
    DeliveredContract,
    TalliesContract,
    EvidenceLogContract,
    RemoteThreadsContract,
    TransactionsContract,
):
    """Override ``records``: empty ones, that ask the fixture ``clock`` for the time."""
