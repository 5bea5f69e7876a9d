"""Runs the revisions on the connection that services.kit.database.migrate hands over."""

from alembic import context

from services.kit.database import run_migrations

run_migrations(context.config.attributes["connection"])
