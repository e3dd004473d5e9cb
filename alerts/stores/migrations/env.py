"""Runs the migrations over the connection that `Database.open` gives."""

from __future__ import annotations

from alembic import context

from alerts.stores.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
