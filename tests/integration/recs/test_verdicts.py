"""What was bought or disliked stays out, whatever else a shopper says of other products."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.kit import database
from services.recs.adapters.events import PostgresEvents
from services.recs.adapters.feature_log import FeatureLog
from services.recs.adapters.histories import PostgresHistories
from services.recs.domain.events import Event, Kind
from services.recs.domain.shopper import BOUGHT_LENGTH
from tests.integration.recs.test_statistics import NOON
from tests.support.postgres import NewDatabase

Told = list[tuple[Kind, str]]
LIKES: Told = [(Kind.LIKE, f"liked{i}") for i in range(3 * BOUGHT_LENGTH)]


@pytest.fixture
async def engine(new_database: NewDatabase) -> AsyncIterator[AsyncEngine]:
    url = new_database("recs_verdicts")
    await database.migrate(url, "services.recs")
    engine = database.engine(url)
    yield engine
    await engine.dispose()


async def judged(engine: AsyncEngine, told: Told) -> tuple[set[str], set[str]]:
    """What the shopper bought and dislikes, after telling one verdict a second; as training has it too."""
    events = [
        Event("users/ann", f"e{i}", kind, product, NOON + timedelta(seconds=i))
        for i, (kind, product) in enumerate(told)
    ]
    await PostgresEvents(engine).write(events)
    shopper = await PostgresHistories(engine).read("users/ann")
    *_, learned_from = [row for rows in [part async for part in FeatureLog(engine).histories()] for row in rows]
    assert (shopper.bought, shopper.disliked) == (set(learned_from["bought"]), set(learned_from["disliked"]))
    return set(shopper.bought), set(shopper.disliked)


async def test_many_likes_bring_back_nothing_that_was_bought_or_disliked(engine: AsyncEngine) -> None:
    told = [(Kind.PURCHASE, "lamp"), (Kind.DISLIKE, "rug"), (Kind.DISLIKE, "vase"), *LIKES, (Kind.LIKE, "vase")]
    assert await judged(engine, told) == ({"lamp"}, {"rug"})


async def test_many_dislikes_bring_back_nothing_that_was_bought(engine: AsyncEngine) -> None:
    dislikes: Told = [(Kind.DISLIKE, f"d{i}") for i in range(BOUGHT_LENGTH + 100)]
    bought, disliked = await judged(engine, [(Kind.PURCHASE, "lamp"), *dislikes])
    assert (bought, disliked) == ({"lamp"}, {f"d{i}" for i in range(100, BOUGHT_LENGTH + 100)})


async def test_who_buys_the_same_over_and_over_is_not_shown_what_they_bought_before(engine: AsyncEngine) -> None:
    milk: Told = [(Kind.PURCHASE, "milk")] * (BOUGHT_LENGTH + 100)
    assert await judged(engine, [(Kind.PURCHASE, "lamp"), *milk]) == ({"lamp", "milk"}, set())


async def test_the_last_word_on_a_product_counts(engine: AsyncEngine) -> None:
    told = [
        *((kind, "rug") for kind in (Kind.DISLIKE, Kind.LIKE, Kind.DISLIKE)),
        *((kind, "vase") for kind in (Kind.LIKE, Kind.DISLIKE, Kind.LIKE)),
    ]
    assert await judged(engine, told) == (set(), {"rug"})
