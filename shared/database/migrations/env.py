"""Run migrations on the connection that `shared.database.migrate` hands over."""

from alembic import context

from shared.database.metadata import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
