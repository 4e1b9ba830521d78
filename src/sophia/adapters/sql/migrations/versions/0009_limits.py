"""What companies and users have used, and how long the texts of documents are."""

import sqlalchemy as sa
from alembic import op

from sophia.adapters.sql.tables import UtcDateTime

revision = "0009"
down_revision = "0008"

_OWN = "company_id = current_setting('sophia.company', true)"
_READ = ("documents", "document_texts")


def upgrade() -> None:
    """A table, with its policy on Postgres (see 0006), and a column that is filled for what is there."""
    is_postgres = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "tallies",
        sa.Column("company_id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("began", UtcDateTime, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("company_id", "user_id", "what", name="pk_tallies"),
        sqlite_with_rowid=False,
    )
    op.add_column("documents", sa.Column("text_bytes", sa.Integer, nullable=False, server_default="0"))
    if is_postgres:
        op.execute("ALTER TABLE tallies ENABLE ROW LEVEL SECURITY")
        op.execute("ALTER TABLE tallies FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_company ON tallies USING ({_OWN}) WITH CHECK ({_OWN})")
        for table in _READ:
            op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    length = "octet_length(t.text)" if is_postgres else "length(CAST(t.text AS BLOB))"
    op.execute(
        f"UPDATE documents SET text_bytes = COALESCE((SELECT {length} FROM document_texts t"  # noqa: S608 -- no input
        " WHERE t.company_id = documents.company_id AND t.document_id = documents.id"
        " AND t.version = documents.version), 0)"
    )
    if is_postgres:
        for table in _READ:
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
