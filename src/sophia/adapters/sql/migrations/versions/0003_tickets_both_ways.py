"""A ticket says why it is urgent and what was found beside it, and keeps what is reported back."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Columns with a default: tickets that are there have nothing of it."""
    for column in (
        sa.Column("priority_reason", sa.Text, nullable=False, server_default=""),
        sa.Column("enclosures", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("state", sa.Text),
        sa.Column("version", sa.Integer, nullable=False, server_default="0"),
        sa.Column("note", sa.Text),
    ):
        op.add_column("tickets", column)
