"""Databases of a shop as it was before, and what is asked of them while they are migrated."""

import asyncio
from importlib.resources import files

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

PATIENCE_S = 30
"""Long enough for two busy cores; a statement that queues behind a migration for good fails the test."""


def upgrade(connection: Connection, package: str, revision: str) -> None:
    """Brings the database to a revision of `<package>/migrations/versions`."""
    config = Config()
    config.set_main_option("script_location", str(files(package) / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def url(engine: AsyncEngine) -> str:
    """The address of the engine's database, with its password."""
    return engine.url.render_as_string(hide_password=False)


async def run(engine: AsyncEngine, statement: str) -> list[tuple[object, ...]]:
    """What a statement returns, in a transaction of its own.

    Raises:
        TimeoutError: it was not done within PATIENCE_S.
    """
    async with asyncio.timeout(PATIENCE_S), engine.begin() as connection:
        result = await connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []
