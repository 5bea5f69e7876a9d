"""Builds and searches in PostgreSQL, moment by moment."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.kit import database
from services.search.adapters.accounts import PostgresAccounts
from services.search.adapters.queries import HOLD, MOST_OWN, PostgresQueries
from services.search.adapters.releases import PostgresReleases
from services.search.domain import encoders as specifications
from services.search.domain.releases import Release, State
from services.search.ports import AccountChange
from tests.integration.search import encoders
from tests.support.postgres import NewDatabase

LOGGED_IN = AccountChange(merge=("visitors/v", "users/u"))
ERASED = AccountChange(erased="users/u")


@pytest_asyncio.fixture
async def engine(new_database: NewDatabase) -> AsyncIterator[AsyncEngine]:
    url = new_database("search_rows")
    await database.migrate(url, "services.search")
    made = database.engine(url)
    yield made
    await made.dispose()


def release(number: int) -> Release:
    written = json.dumps(encoders.spec())
    return Release(number, written, specifications.parse(written), "", "", State.CANDIDATE)


async def test_a_build_that_was_replaced_does_not_end_the_one_that_answers(engine: AsyncEngine) -> None:
    releases = PostgresReleases(engine)
    builds = []
    for number in (1, 2, 3):
        await releases.add(release(number))
        await releases.promote(number)
        builds.append(await releases.building())
        if number == 1:
            assert builds[0] is not None
            assert await releases.serve(builds[0])
    _, replaced, last = builds
    assert replaced is not None
    assert not await releases.serve(replaced), "it was on its last step when another release was promoted"
    serving = await releases.serving()
    assert serving is not None
    assert serving.release.number == 1
    late = await releases.get(2)
    assert late is not None
    assert late.ready_time is None
    assert last is not None
    assert await releases.serve(last)
    serving = await releases.serving()
    assert serving is not None
    assert serving.release.number == 3
    again = await releases.serving()
    assert again is not None
    assert again.release.spec is serving.release.spec, "tokenizers are megabytes, and it is asked every second"
    assert again.release.ready_time is not None
    assert again.release.state is State.PROMOTED
    await releases.promote(1)
    again = await releases.serving()
    assert again is not None
    assert again.release.state is State.RETIRED, "what changes is read each time"


async def test_what_waits_to_be_written_follows_the_account(engine: AsyncEngine) -> None:
    queries, accounts = PostgresQueries(engine), PostgresAccounts(engine)
    await queries.remember([("visitors/v", "lamp", "Lamp"), ("users/u", "bowl", "Bowl")])
    await accounts.apply([LOGGED_IN], "1")
    await accounts.apply([LOGGED_IN], "1")
    await queries.remember(
        [("visitors/v", "bowl", "bowl!"), ("users/u", "bowl", "bowl!"), ("visitors/v", "cup", "cup")]
    )
    assert sorted(await queries.own("users/u", 9)) == ["Lamp", "bowl!", "cup"]
    assert await queries.own("visitors/v", 9) == []


async def test_what_waits_to_be_written_does_not_outlive_the_account(engine: AsyncEngine) -> None:
    queries, accounts = PostgresQueries(engine), PostgresAccounts(engine)
    await queries.remember([("users/u", "bowl", "Bowl"), ("users/other", "bowl", "Bowl")])
    await accounts.apply([LOGGED_IN, ERASED], "1")
    await queries.remember([(shopper, "lamp", "Lamp") for shopper in ("users/u", "visitors/v", "users/other")])
    assert await queries.own("users/u", 9) == await queries.own("visitors/v", 9) == []
    assert sorted(await queries.own("users/other", 9)) == ["Bowl", "Lamp"]


async def test_an_account_changes_after_what_is_being_written(engine: AsyncEngine) -> None:
    accounts = PostgresAccounts(engine)
    async with database.UnitOfWork(engine) as writing:
        await writing.execute(HOLD)
        erasing = asyncio.create_task(accounts.apply([ERASED], "1"))
        await asyncio.sleep(0.2)
        assert not erasing.done()
        await writing.execute(text("INSERT INTO shopper_queries VALUES ('users/u', 'lamp', 'Lamp')"))
    await erasing
    assert await PostgresQueries(engine).own("users/u", 9) == []


async def test_of_who_searches_much_the_newest_are_kept(engine: AsyncEngine) -> None:
    queries = PostgresQueries(engine)
    old = [("visitors/v", f"old {number}", f"old {number}") for number in range(10)]
    await queries.remember([*old, ("visitors/other", "lamp", "lamp")])
    await queries.remember([("visitors/v", f"new {number}", f"new {number}") for number in range(MOST_OWN)])
    kept = await queries.own("visitors/v", MOST_OWN + 9)
    assert sorted(kept) == sorted(f"new {number}" for number in range(MOST_OWN))
    assert await queries.own("visitors/other", 9) == ["lamp"]


async def test_old_searches_are_forgotten(engine: AsyncEngine) -> None:
    queries = PostgresQueries(engine)
    await PostgresAccounts(engine).apply([ERASED], "1")
    await queries.remember([("visitors/v", "lamp", "lamp"), ("visitors/v", "bowl", "bowl")])
    async with database.UnitOfWork(engine) as connection:
        await connection.execute(
            text("UPDATE shopper_queries SET search_time = now() - interval '31 days' WHERE query = 'lamp'")
        )
        await connection.execute(text("UPDATE former_shoppers SET change_time = now() - interval '31 days'"))
    await queries.forget(30)
    assert await queries.own("visitors/v", 9) == ["bowl"]
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM former_shoppers"))).scalar_one() == 0


async def test_searches_that_are_written_together_keep_their_order(engine: AsyncEngine) -> None:
    queries = PostgresQueries(engine)
    asked = [f"lamp {number * 7 % 20}" for number in range(20)]
    await queries.remember([("visitors/v", query, query) for query in asked])
    assert await queries.own("visitors/v", 20) == asked[::-1]
