"""Runs the steps on the connection, and in the transaction, that `sophia.adapters.sql.migrate` has opened."""

from alembic import context

from sophia.adapters.sql.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
