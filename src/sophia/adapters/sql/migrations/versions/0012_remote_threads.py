"""Threads that services outside keep for ours."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_OWN = "company_id = current_setting('sophia.company', true)"


def upgrade() -> None:
    """A table, with its policy on Postgres (see 0006)."""
    op.create_table(
        "remote_threads",
        sa.Column("company_id", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("thread_id", sa.Text),
        sa.Column("run_id", sa.Text),
        sa.Column("messages", sa.Integer, nullable=False),
        sa.Column("numbered", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("company_id", "service", "id", name="pk_remote_threads"),
    )
    op.create_index("remote_threads_of_thread", "remote_threads", ["company_id", "service", "thread_id"], unique=True)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE remote_threads ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE remote_threads FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_company ON remote_threads USING ({_OWN}) WITH CHECK ({_OWN})")
