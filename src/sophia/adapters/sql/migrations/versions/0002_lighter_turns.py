"""Runs are held from the start, so that none is queued any more; what waits for vectors is found at once."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """What waited becomes a run whose lease has expired: it is taken up again."""
    op.drop_index("runs_live", "runs")
    op.execute("UPDATE runs SET status = 'running', lease_until = created_at WHERE status = 'queued'")
    op.create_index(
        "runs_live",
        "runs",
        ["company_id", "thread_id"],
        unique=True,
        sqlite_where=sa.text("status = 'running'"),
        postgresql_where=sa.text("status = 'running'"),
    )
    op.create_index(
        "documents_waiting",
        "documents",
        ["company_id"],
        sqlite_where=sa.text("pending > 0"),
        postgresql_where=sa.text("pending > 0"),
    )
