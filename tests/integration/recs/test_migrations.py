"""Migrations of a shop that is open: events are read and written meanwhile."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.kit import database
from tests.support.migrations import PATIENCE_S, run, upgrade, url
from tests.support.postgres import NewDatabase

PACKAGE = "services.recs"
BOUGHT = """
    INSERT INTO user_events (
        shopper, event_id, kind, product_id, event_time, rating, query, position, quantity, attribution_token,
        attribution
    ) VALUES ('users/ann', 'order-o1-0', 3, 'tent', now(), 0, '', 0, 1, '', 0)
"""
VERSIONS = "SELECT ctid::text, xmin::text FROM user_events"
READ = "SELECT count(*) FROM user_events"


@pytest.fixture
async def before(new_database: NewDatabase) -> AsyncIterator[AsyncEngine]:
    """A shop before purchases named their order, with one purchase."""
    engine = database.engine(new_database("recs_migrations"))
    async with engine.connect() as connection:
        await connection.run_sync(upgrade, PACKAGE, "0008")
    await run(engine, BOUGHT)
    yield engine
    await engine.dispose()


async def test_orders_of_purchases_write_no_old_row_anew(before: AsyncEngine) -> None:
    old = await run(before, VERSIONS)
    await database.migrate(url(before), PACKAGE)
    assert await run(before, VERSIONS) == old
    assert await run(before, "SELECT order_id FROM user_events") == [("",)]


async def test_readers_do_not_queue_for_long_behind_a_migration_that_cannot_go_on(before: AsyncEngine) -> None:
    async with before.connect() as other:
        await other.execute(text(READ))
        migrating = asyncio.create_task(database.migrate(url(before), PACKAGE))
        async with asyncio.timeout(PATIENCE_S):
            while not await run(before, "SELECT 1 FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert await run(before, READ) == [(1,)]
        with pytest.raises(DBAPIError, match="lock timeout"):
            await migrating
    await database.migrate(url(before), PACKAGE)
    assert await run(before, "SELECT order_id FROM user_events") == [("",)]
