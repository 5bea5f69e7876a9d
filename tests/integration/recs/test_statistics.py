"""What is counted from the log of events, held to numbers worked out by hand."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.kit import database
from services.recs.adapters.categories import PostgresCategories
from services.recs.adapters.events import PostgresEvents
from services.recs.adapters.statistics import PostgresStatistics
from services.recs.adapters.statistics_counter import StatisticsCounter
from services.recs.adapters.statistics_queries import Limits
from services.recs.domain.events import Event, Kind
from services.recs.ports import Counted, Statistic
from services.recs.use_cases.statistics import Statistics
from tests.support.postgres import NewDatabase

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Log:
    """A log of events, and what is counted from it."""

    engine: AsyncEngine
    counter: StatisticsCounter
    read: PostgresStatistics
    written: int = 0

    async def did(
        self,
        shopper: str,
        kind: Kind,
        *items: str,
        days_ago: float = 0,
        region: str = "",
        order: str = "",
        event: str = "e",
    ) -> None:
        """Somebody did something with each of the items; the events' ids begin as `event` says."""
        time = NOON - timedelta(days=days_ago)
        events = []
        for item in items:
            self.written += 1
            events.append(
                Event(f"users/{shopper}", f"{event}{self.written}", kind, item, time, region=region, order_id=order)
            )
        await PostgresEvents(self.engine).write(events)

    async def entries(self, statistic: Statistic) -> dict[str, Counted]:
        """All that is counted now, by key."""
        await self.counter.count()
        found, _ = await self.read.changed(0)
        return {entry.key: entry for entry in found if entry.statistic is statistic and entry.ids}


@pytest.fixture
async def log(new_database: NewDatabase) -> AsyncIterator[Log]:
    url = new_database("recs_statistics")
    await database.migrate(url, "services.recs")
    engine = database.engine(url)
    yield Log(engine, StatisticsCounter(engine, 1, Limits()), PostgresStatistics(engine))
    await engine.dispose()


async def test_bought_together_is_lift_above_a_support(log: Log) -> None:
    for i in range(4):
        await log.did(f"u{i}", Kind.PURCHASE, "tent", "lamp")
    for i in range(4, 6):
        await log.did(f"u{i}", Kind.PURCHASE, "tent", "rope")  # twice is chance
    for i in range(6, 10):
        await log.did(f"u{i}", Kind.PURCHASE, "soap")
    await log.did("u9", Kind.PURCHASE, "lamp", days_ago=3)  # another basket
    found = await log.entries(Statistic.BOUGHT_WITH)
    assert {key: entry.ids for key, entry in found.items()} == {"tent": ("lamp",), "lamp": ("tent",)}
    # 11 baskets, 6 with a tent, 5 with a lamp, 4 with both.
    assert found["tent"].scores[0] == pytest.approx(4 * 11 / (6 * 5), rel=1e-5)


async def test_a_basket_is_an_order_where_purchases_name_it(log: Log) -> None:
    for i in range(3):
        await log.did(f"u{i}", Kind.PURCHASE, "tent", "lamp", order=f"a{i}")
        await log.did(f"u{i}", Kind.PURCHASE, "soap", order=f"b{i}")  # on the same day
        await log.did(f"u{i}", Kind.PURCHASE, "pen", days_ago=0.49, order=f"c{i}")
        await log.did(f"u{i}", Kind.PURCHASE, "ink", days_ago=0.51, order=f"c{i}")  # on the other side of midnight
    found = await log.entries(Statistic.BOUGHT_WITH)
    assert {key: entry.ids for key, entry in found.items()} == {
        "tent": ("lamp",), "lamp": ("tent",), "pen": ("ink",), "ink": ("pen",)
    }  # fmt: skip
    # 9 baskets, 3 with each.
    assert found["tent"].scores[0] == pytest.approx(3 * 9 / (3 * 3), rel=1e-5)


async def test_purchases_of_before_have_their_order_in_the_events_id(log: Log) -> None:
    for i in range(3):
        await log.did(f"u{i}", Kind.PURCHASE, "tent", event=f"order-a-{i}-")
        await log.did(f"u{i}", Kind.PURCHASE, "lamp", order=f"a-{i}")  # a line that a newer replica wrote
        await log.did(f"u{i}", Kind.PURCHASE, "soap", event=f"order-b{i}-")  # on the same day
        await log.did(f"u{i}", Kind.PURCHASE, "pen", days_ago=0.49, event=f"order-c{i}-")
        await log.did(f"u{i}", Kind.PURCHASE, "ink", days_ago=0.51, event=f"order-c{i}-")
        await log.did(f"u{i}", Kind.PURCHASE, "oar", days_ago=5, event="order-")  # not the id of a checkout
        await log.did(f"u{i}", Kind.PURCHASE, "map", days_ago=5, event="reorder-d-")
    found = await log.entries(Statistic.BOUGHT_WITH)
    assert {key: entry.ids for key, entry in found.items()} == {
        "tent": ("lamp",), "lamp": ("tent",), "pen": ("ink",), "ink": ("pen",), "oar": ("map",), "map": ("oar",)
    }  # fmt: skip
    # 12 baskets, 3 with each.
    assert found["tent"].scores[0] == pytest.approx(3 * 12 / (3 * 3), rel=1e-5)


async def test_a_visit_is_a_day_though_something_was_ordered_in_it(log: Log) -> None:
    for i in range(2):
        await log.did(f"u{i}", Kind.VIEW, "a")
        await log.did(f"u{i}", Kind.PURCHASE, "b", order=f"o{i}")
    found = await log.entries(Statistic.VIEWED_WITH)
    assert {key: entry.ids for key, entry in found.items()} == {"a": ("b",), "b": ("a",)}


async def test_viewed_together_is_cosine_and_one_who_looks_at_everything_does_not_count(log: Log) -> None:
    await log.did("u1", Kind.VIEW, "a", "b")
    await log.did("u2", Kind.VIEW, "a", "b")
    await log.did("u3", Kind.VIEW, "a", "c")
    await log.did("robot", Kind.VIEW, "a", "c", *(f"p{i}" for i in range(60)))
    found = await log.entries(Statistic.VIEWED_WITH)
    assert {key: entry.ids for key, entry in found.items()} == {"a": ("b",), "b": ("a",)}
    assert found["a"].scores[0] == pytest.approx(2 / (3 * 2) ** 0.5, rel=1e-5)


async def test_trending_is_what_the_last_days_want_more_than_the_weeks_before(log: Log) -> None:
    for day in range(20):
        await log.did("regular", Kind.VIEW, *["evergreen"] * 10, days_ago=day)
    await log.did("u1", Kind.VIEW, *["rising"] * 8)
    await log.did("u2", Kind.VIEW, *["fading"] * 30, days_ago=10)
    ranking = (await log.entries(Statistic.RANKING))["trending"]
    assert ranking.ids[0] == "rising"
    assert "fading" not in ranking.ids


async def test_a_shop_that_opened_today_has_trends_too(log: Log) -> None:
    await log.did("u1", Kind.PURCHASE, "wanted")
    await log.did("u2", Kind.VIEW, "seen")
    assert (await log.entries(Statistic.RANKING))["trending"].ids == ("wanted", "seen")


async def test_popular_by_category_and_by_region(log: Log) -> None:
    await PostgresCategories(log.engine).put({"boot": ("apparel", "shoes"), "tee": ("apparel", "shirts"), "odd": None})
    await log.did("u1", Kind.VIEW, "boot", region="SE")
    await log.did("u2", Kind.PURCHASE, "tee", region="SE")
    await log.did("u3", Kind.VIEW, *["boot"] * 40, region="DE")
    await log.did("u4", Kind.DISLIKE, "odd")
    rankings = await log.entries(Statistic.RANKING)
    assert rankings["category/apparel"].ids == ("boot", "tee")
    assert rankings["category/shoes"].ids == ("boot",)
    assert rankings["region/DE"].ids == ("boot",)
    assert "region/SE" not in rankings  # too little was seen there


async def test_what_people_buy_again(log: Log) -> None:
    for i in range(4):
        await log.did(f"u{i}", Kind.PURCHASE, "coffee", "chair")
        await log.did(f"u{i}", Kind.PURCHASE, *(["coffee"] if i else []), days_ago=9)
    again = (await log.entries(Statistic.REPEATED))[""]
    assert (again.ids, again.scores) == (("coffee",), (0.75,))


async def test_only_what_changed_is_read_again_and_what_is_gone_goes(log: Log) -> None:
    for i in range(3):
        await log.did(f"u{i}", Kind.PURCHASE, "tent", "lamp")
        await log.did(f"u{i}", Kind.PURCHASE, "pen", "ink", days_ago=80)
    statistics = Statistics(log.read, 1)
    await log.counter.count()
    await statistics.refresh()
    assert statistics.related(Statistic.BOUGHT_WITH, ["tent", "pen"])[0] == ["ink", "lamp"]
    _, version = await log.read.changed(0)
    await log.did("u9", Kind.PURCHASE, "soap", days_ago=-20)  # the window moves on
    await log.counter.count()
    changed, _ = await log.read.changed(version)
    assert {entry.key: entry.ids for entry in changed if entry.statistic is Statistic.BOUGHT_WITH} == {
        "pen": (), "ink": ()
    }  # fmt: skip
    await statistics.refresh()
    assert statistics.related(Statistic.BOUGHT_WITH, ["tent", "pen"])[0] == ["lamp"]
