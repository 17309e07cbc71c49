"""Alembic's entry: always on a connection that `services.db.migrate` hands in."""

from __future__ import annotations

from alembic import context

from services.db.models import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, compare_server_default=True)
with context.begin_transaction():
    context.run_migrations()
