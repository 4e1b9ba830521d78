"""A source that has never answered was never read."""

from alembic import op

from sophia.adapters.sql.tables import UtcDateTime

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """The time may be missing."""
    with op.batch_alter_table("sources") as sources:
        sources.alter_column("refreshed_at", existing_type=UtcDateTime(), nullable=True)
