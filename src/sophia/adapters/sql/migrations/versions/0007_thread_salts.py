"""Each thread has a salt, for the digests in the audit trail of what was said in it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Threads that are there get one of their own, from the database: their rows are hidden from whoever migrates."""
    if op.get_bind().dialect.name == "postgresql":
        some = "decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')"
        op.execute(f"ALTER TABLE threads ADD COLUMN salt BYTEA NOT NULL DEFAULT {some}")
        op.execute("ALTER TABLE threads ALTER COLUMN salt SET DEFAULT ''")
    else:
        op.add_column("threads", sa.Column("salt", sa.LargeBinary, nullable=False, server_default=""))
        op.execute("UPDATE threads SET salt = randomblob(32)")
