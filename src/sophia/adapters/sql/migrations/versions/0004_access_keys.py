"""Access keys of companies' instances."""

import sqlalchemy as sa
from alembic import op

from sophia.adapters.sql.tables import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """A table of their own."""
    op.create_table(
        "access_keys",
        sa.Column("company_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime),
        sa.Column("revoked_at", UtcDateTime),
        sa.Column("last_used_at", UtcDateTime),
        sa.PrimaryKeyConstraint("company_id", "id", name="pk_access_keys"),
    )
    op.create_index("access_keys_by_digest", "access_keys", ["digest"], unique=True)
    op.create_index("access_keys_of_company", "access_keys", ["company_id", "created_at"])
