"""Migrations of a shop that is open: reviews are read and written while their indexes are built."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.kit import database
from tests.support.migrations import PATIENCE_S, run, upgrade, url
from tests.support.postgres import NewDatabase

PACKAGE = "services.catalog"
READ = "SELECT count(*) FROM reviews"
WRITE = """
    INSERT INTO reviews (product_id, id, author, author_display_name, rating, title, text)
    VALUES ('lamp', 'meanwhile', 'users/ann', 'Ann', 5, '', '')
"""
VALID = """
    SELECT relname, indisvalid, conname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    LEFT JOIN pg_constraint ON conindid = indexrelid WHERE relname IN ('reviews_of_author', 'reviews_buyer_key')
    ORDER BY relname
"""


@pytest.fixture
async def before(new_database: NewDatabase) -> AsyncIterator[AsyncEngine]:
    """A shop before it had commerce."""
    engine = database.engine(new_database("catalog_migrations"))
    async with engine.connect() as connection:
        await connection.run_sync(upgrade, PACKAGE, "0002")
    yield engine
    await engine.dispose()


async def is_migrated(engine: AsyncEngine) -> None:
    assert await run(engine, "SELECT version_num FROM alembic_version") == [("0006",)]
    found = [("reviews_buyer_key", True, "reviews_buyer_key"), ("reviews_of_author", True, None)]
    assert await run(engine, VALID) == found


async def test_reviews_are_read_and_written_while_indexes_wait_for_others(before: AsyncEngine) -> None:
    await run(before, "INSERT INTO products (id, title) VALUES ('lamp', 'Lamp')")
    async with before.connect() as other:
        await other.execution_options(isolation_level="REPEATABLE READ")
        await other.execute(text("SELECT count(*) FROM products"))
        migrating = asyncio.create_task(database.migrate(url(before), PACKAGE))
        async with asyncio.timeout(PATIENCE_S):
            building = "SELECT 1 FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting for%'"
            while not await run(before, building):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await run(before, WRITE)
        assert await run(before, READ) == [(1,)]
        assert not migrating.done()
    await asyncio.wait_for(migrating, PATIENCE_S)
    await is_migrated(before)


async def test_readers_do_not_queue_for_long_behind_a_migration_that_cannot_go_on(before: AsyncEngine) -> None:
    async with before.connect() as other:
        await other.execute(text(READ))
        migrating = asyncio.create_task(database.migrate(url(before), PACKAGE))
        async with asyncio.timeout(PATIENCE_S):
            while not await run(before, "SELECT 1 FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert await run(before, READ) == [(0,)]
        with pytest.raises(DBAPIError, match="lock timeout"):
            await migrating
    await database.migrate(url(before), PACKAGE)
    await is_migrated(before)


async def test_writers_do_not_queue_for_long_behind_a_migration_that_cannot_go_on(before: AsyncEngine) -> None:
    async with before.connect() as connection:
        await connection.run_sync(upgrade, PACKAGE, "0005")
    async with before.begin() as other:
        await other.execute(text("INSERT INTO products (id, title) VALUES ('lamp', 'Lamp')"))
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(DBAPIError, match="lock timeout"):
                await database.migrate(url(before), PACKAGE)
    await database.migrate(url(before), PACKAGE)
    await is_migrated(before)


async def test_what_a_migration_left_that_failed_is_made_anew(before: AsyncEngine) -> None:
    await run(before, "ALTER TABLE reviews ADD COLUMN buyer text")
    await run(before, "ALTER TABLE reviews ADD CONSTRAINT reviews_buyer_key UNIQUE (product_id, buyer)")
    await run(before, "CREATE INDEX reviews_of_author ON reviews (author)")
    await run(before, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'reviews_of_author'::regclass")
    await database.migrate(url(before), PACKAGE)
    await is_migrated(before)


async def test_replicas_that_start_together_do_not_wait_for_each_other_in_a_ring(before: AsyncEngine) -> None:
    await asyncio.wait_for(asyncio.gather(*(database.migrate(url(before), PACKAGE) for _ in range(5))), PATIENCE_S)
    await is_migrated(before)
