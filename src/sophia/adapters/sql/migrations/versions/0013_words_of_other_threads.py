"""Of which threads what a service outside keeps for ours holds words."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """A column. Of what is there already nobody knows it: each is made anew, and the old one is erased."""
    op.add_column("remote_threads", sa.Column("recalled", sa.Text, nullable=False, server_default=""))
    with op.batch_alter_table("remote_threads") as remote_threads:
        remote_threads.alter_column("recalled", existing_type=sa.Text, server_default=None)
    op.execute("UPDATE remote_threads SET thread_id = NULL")
    op.create_index("remote_threads_of_user", "remote_threads", ["company_id", "user_id"])
