"""On Postgres each transaction sees the rows of one company, whatever its queries ask for.

The filters of the queries come first; this stands behind them. It holds for the owner of the tables as well, but not
for a superuser. A later migration that reads or changes rows has to lift it first (`ALTER TABLE … NO FORCE ROW LEVEL
SECURITY`) and to put it back.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

_TABLES = (
    "audit",
    "chunks",
    "companies",
    "desk_reports",
    "document_readers",
    "document_texts",
    "documents",
    "embeddings",
    "idempotency",
    "messages",
    "outbox",
    "refresh_events",
    "refreshes",
    "run_events",
    "runs",
    "sources",
    "threads",
    "tickets",
    "tombstones",
)
_OWN = "company_id = current_setting('sophia.company', true)"


def upgrade() -> None:
    """A policy for each table. A key is looked up, by its digest alone, before anybody knows whose it is."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in (*_TABLES, "access_keys"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_company ON {table} USING ({_OWN}) WITH CHECK ({_OWN})")
    op.execute("CREATE POLICY any_digest ON access_keys FOR SELECT USING (true)")
