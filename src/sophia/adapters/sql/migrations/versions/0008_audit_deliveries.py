"""How far each company's audit trail was delivered to the backend."""

import sqlalchemy as sa
from alembic import op

from sophia.adapters.sql.tables import UtcDateTime

revision = "0008"
down_revision = "0007"

_OWN = "company_id = current_setting('sophia.company', true)"


def upgrade() -> None:
    """A table, with its policy on Postgres (see 0006)."""
    op.create_table(
        "audit_deliveries",
        sa.Column("company_id", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due", UtcDateTime),
        sa.Column("owner", sa.Text),
        sa.Column("lease_until", UtcDateTime),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("company_id", name="pk_audit_deliveries"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE audit_deliveries ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE audit_deliveries FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_company ON audit_deliveries USING ({_OWN}) WITH CHECK ({_OWN})")
