"""What look-ups have found."""

import sqlalchemy as sa
from alembic import op

from sophia.adapters.sql.tables import JsonValue, UtcDateTime

revision = "0010"
down_revision = "0009"

_OWN = "company_id = current_setting('sophia.company', true)"


def upgrade() -> None:
    """A table, with its policy on Postgres (see 0006)."""
    op.create_table(
        "evidence",
        sa.Column("company_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("thread_id", sa.Text, nullable=False),
        sa.Column("taken_at", UtcDateTime, nullable=False),
        sa.Column("body", JsonValue, nullable=False),
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_evidence"),
        sa.ForeignKeyConstraint(
            ["company_id", "thread_id"],
            ["threads.company_id", "threads.id"],
            name="fk_evidence_threads",
            ondelete="CASCADE",
        ),
    )
    op.create_index("evidence_of_thread", "evidence", ["company_id", "thread_id"])
    op.create_index("evidence_by_age", "evidence", ["company_id", "taken_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE evidence ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE evidence FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_company ON evidence USING ({_OWN}) WITH CHECK ({_OWN})")
