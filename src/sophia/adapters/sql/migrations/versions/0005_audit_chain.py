"""The audit trail becomes a chain: each entry holds the hash of the one before."""

import hashlib
from datetime import UTC
from typing import Any

import rfc8785
import sqlalchemy as sa
from alembic import op

from sophia.adapters.sql.tables import JsonValue, UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """What is there is chained as it stands."""
    for name in ("previous_hash", "hash"):
        op.add_column("audit", sa.Column(name, sa.Text, nullable=False, server_default=""))
    names = ("company_id", "sequence", "at", "actor", "action", "subject", "details", "previous_hash", "hash")
    types: dict[str, Any] = {"sequence": sa.Integer, "at": UtcDateTime, "details": JsonValue}
    audit = sa.table("audit", *(sa.column(name, types.get(name, sa.Text)) for name in names))
    last: dict[str, str] = {}
    connection = op.get_bind()
    for row in connection.execute(sa.select(audit).order_by(audit.c.company_id, audit.c.sequence)).all():
        said = {
            "companyId": row.company_id,
            "sequence": row.sequence,
            "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": row.actor,
            "action": row.action,
            "subject": row.subject,
            "details": row.details,
            "previousHash": last.get(row.company_id, "0" * 64),
        }
        last[row.company_id] = hashlib.sha256(rfc8785.dumps(said)).hexdigest()
        connection.execute(
            sa.update(audit)
            .where(audit.c.company_id == row.company_id, audit.c.sequence == row.sequence)
            .values(previous_hash=said["previousHash"], hash=last[row.company_id])
        )
