"""What comes of somebody who was erased, from a phone whose token lives on or from an outbox, does not stay."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.kit import database
from services.recs.adapters.accounts import PostgresAccounts
from services.recs.adapters.events import PostgresEvents
from services.recs.domain.events import Event, Kind
from services.recs.ports import AccountChange
from tests.integration.recs.test_statistics import NOON
from tests.support.postgres import NewDatabase

ANN, VERA, BOB = "users/ann", "visitors/vera", "users/bob"
MERGED, ERASED = AccountChange(merge=(VERA, ANN)), AccountChange(erased=ANN)
COLUMNS = (
    "event_id, kind, product_id, event_time, rating, query, position, quantity, attribution_token, attribution, region"
)
COPY = text(f"INSERT INTO user_events (shopper, {COLUMNS}) SELECT :shopper, {COLUMNS} FROM user_events")


@pytest.fixture
async def engine(new_database: NewDatabase) -> AsyncIterator[AsyncEngine]:
    url = new_database("recs_erasure")
    await database.migrate(url, "services.recs")
    engine = database.engine(url)
    yield engine
    await engine.dispose()


async def did(engine: AsyncEngine, event_id: str, *shoppers: str) -> None:
    """Each of them looked at something."""
    await PostgresEvents(engine).write([Event(shopper, event_id, Kind.VIEW, "lamp", NOON) for shopper in shoppers])


async def known(engine: AsyncEngine) -> set[str]:
    """Whose events are kept."""
    async with engine.connect() as connection:
        return set((await connection.execute(text("SELECT shopper FROM user_events"))).scalars())


async def test_events_that_come_after_an_erasure_do_not_stay(engine: AsyncEngine) -> None:
    accounts = PostgresAccounts(engine)
    await did(engine, "before", ANN, VERA, BOB)
    assert await accounts.apply([MERGED, ERASED]) == {ANN, VERA}
    assert await known(engine) == {BOB}
    for _ in range(2):  # a page of changes may come again
        await did(engine, "late", ANN, VERA, BOB)
        assert await accounts.merge_late({ANN, VERA, BOB}) == set()
        assert await known(engine) == {BOB}
        await accounts.apply([MERGED, ERASED])
    assert await known(engine) == {BOB}


async def test_an_event_under_way_while_the_erasure_is_followed_does_not_stay(engine: AsyncEngine) -> None:
    accounts = PostgresAccounts(engine)
    await did(engine, "before", ANN)
    async with engine.connect() as connection:
        await connection.execute(COPY, {"shopper": VERA})
        await accounts.apply([MERGED, ERASED])
        await connection.commit()
    assert await known(engine) == {VERA}
    await accounts.merge_late({VERA})
    assert await known(engine) == set()


async def test_who_was_erased_is_forgotten_when_nothing_can_come_any_more(engine: AsyncEngine) -> None:
    accounts = PostgresAccounts(engine)
    await accounts.apply([ERASED])
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE erased_shoppers SET erase_time = now() - interval '8 days'"))
    await accounts.apply([AccountChange(erased=BOB)])
    async with engine.connect() as connection:
        names = (await connection.execute(text("SELECT shopper FROM erased_shoppers"))).scalars().all()
    assert names == [BOB]
