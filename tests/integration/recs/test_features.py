"""The views hold what was known at every moment: online, in the files, and in what the towers learn from."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from sqlalchemy import text

from services.recs.adapters.accounts import PostgresAccounts
from services.recs.adapters.features import FeastFeatures
from services.recs.adapters.histories import PostgresHistories
from services.recs.adapters.item_attributes import PostgresItemAttributes
from services.recs.adapters.item_counts import PostgresItemCounts
from services.recs.adapters.releases import PostgresReleases
from services.recs.domain.events import Event, Kind
from services.recs.domain.feature_spec import ItemFacts
from services.recs.domain.shopper import Shopper
from services.recs.features.app import Batch, WorkerRuns
from services.recs.features.definitions import HISTORY, ITEMS, PROFILE, STATISTICS, TIME
from services.recs.features.drift import Verdict
from services.recs.ports import AccountChange
from services.recs.worker.item_follower import KnownItem
from tests.integration.recs.feature_log import PRODUCTS, Log, shop_of, some_events
from tests.integration.recs.test_statistics import NOON
from tests.unit.recs.shop import RELEASE
from trainers.evaluation.protocols import every_choice, split
from trainers.features import histories, leaks
from trainers.features.errors import LeakError
from trainers.features.views import Views
from trainers.two_tower.spec import FeatureSpec

SECOND = timedelta(seconds=1)


async def test_the_files_end_where_the_online_store_stands(log: Log) -> None:
    await log.write(some_events())
    await log.build()
    online = await PostgresHistories(log.engine).read_many({event.shopper for event in log.written})
    assert {name: as_shopper(row) for name, row in log.last(HISTORY).items()} == online
    counted = {item.product_id: item for item in await PostgresItemCounts(log.engine).counts(set(PRODUCTS))}
    rows = log.last(STATISTICS)
    assert rows.keys() == counted.keys()
    for product, row in rows.items():
        assert row[TIME] == counted[str(product)].as_of
        for name, count in counted[str(product)].counts.items():
            assert row[name] == pytest.approx(count, rel=1e-5, abs=1e-5)


async def test_the_towers_learn_from_the_histories_of_the_view(log: Log) -> None:
    events = some_events()
    await log.write(events)
    await log.build()
    shop = shop_of(log.written)
    asked = split(shop.events, "time").test
    views, spec = Views(log.settings.feast_repo), FeatureSpec(8, 50)
    assert list(histories.compare(shop, asked, spec, views)) == []
    # It is no comparison of nothing with nothing, and a history of the wrong moment is found.
    longest = max(len(row) for row in views.at(histories.labels(shop, asked))["shopper_history__kinds"])
    assert longest == 50
    late = type(asked)(asked.user, asked.end + 1, asked.time, asked.relevant, asked.offsets)
    assert len(list(histories.compare(shop, late, spec, views))) == len(asked)


async def test_a_label_knows_nothing_of_itself_or_of_what_came_after(log: Log) -> None:
    await log.write(some_events(shoppers=3))
    await log.build()
    rows = Views(log.settings.feast_repo).at(
        histories.labels(shop_of(log.written), every_choice(shop_of(log.written).events))
    )
    leaks.refuse(rows)
    for row in rows.itertuples():
        label = row.time.timestamp()
        earlier = [e for e in log.written if e.shopper == row.shopper and e.event_time.timestamp() < label]
        known = list(row.shopper_history__product_ids) if earlier else []
        assert len(known) == min(len(earlier), 50)
        seen = [e for e in log.written if e.product_id == row.product and e.event_time.timestamp() < label]
        views = [label - e.event_time.timestamp() for e in seen if e.kind is Kind.VIEW]
        count = 0.0 if np.isnan(row.item_statistics__views) else row.item_statistics__views
        assert count == pytest.approx(sum(0.5 ** (age / 604_800) for age in views), abs=1e-6)


async def test_a_planted_leak_is_caught(log: Log) -> None:
    await log.write(some_events(shoppers=3))
    await log.build()
    views = Views(log.settings.feast_repo)
    labels = histories.labels(shop_of(log.written), every_choice(shop_of(log.written).events)).tail(20)
    leaks.refuse(views.at(labels))
    end = max(event.event_time for event in log.written)
    whole = log.last(STATISTICS)
    # What is known in the end, stamped as if it had always been known: a point-in-time join lets it pass.
    log.plant(STATISTICS, [{**row, TIME: labels["time"].min() - SECOND} for row in whole.values()])
    log.plant(HISTORY, [{**row, TIME: labels["time"].min() - SECOND} for row in log.last(HISTORY).values()])
    with pytest.raises(LeakError, match="tell of what happened after their label") as caught:
        leaks.refuse(views.at(labels))
    assert "item_statistics counts events up to" in str(caught.value) or "holds an event" in str(caught.value)
    found = list(leaks.find(views.at(labels)))
    assert {leak.what.split()[0] for leak in found} == {"item_statistics", "shopper_history"}
    # What is stamped truly is left out by the join, however late it is.
    await log.build()
    log.plant(STATISTICS, [{**row, TIME: end + SECOND} for row in whole.values()])
    leaks.refuse(views.at(labels))


async def test_attributes_and_preferences_are_those_of_the_moment(log: Log) -> None:
    made, changed = NOON, NOON + timedelta(days=2)
    attributes = PostgresItemAttributes(log.engine)
    for price, time in ((10.0, made), (10.0, made + timedelta(days=1)), (7.5, changed)):
        facts = ItemFacts("p1", ("a", "a/b"), "Norr", price, "EUR", "Boot", {"colour": "red"}, True, 4.0, 0)
        await attributes.record([KnownItem(facts, made, time)])
        await attributes.record([KnownItem(facts, made, time)])  # the feed may bring it again
    accounts = PostgresAccounts(log.engine)
    await accounts.apply([AccountChange(preferences=("users/u1", ("a",)))])
    await accounts.apply([AccountChange(preferences=("users/u1", ("a",)))])
    await log.build()
    assert [row["price"] for row in log.rows(ITEMS)] == [10.0, 7.5]
    assert [row["preferred_categories"] for row in log.rows(PROFILE)] == [["a"]]
    labels = pd.DataFrame(
        {
            "shopper": ["users/u1"] * 4,
            "product": ["p1"] * 4,
            "time": [made, changed, changed + SECOND, datetime.now(UTC) + timedelta(hours=1)],
        }
    )
    rows = Views(log.settings.feast_repo).at(labels)
    assert rows["item_attributes__price"].fillna(0).tolist() == [0.0, 10.0, 7.5, 7.5]
    told = [
        list(value) if isinstance(value, list | np.ndarray) else None
        for value in rows["shopper_profile__preferred_categories"]
    ]
    assert told == [None, None, None, ["a"]]
    await accounts.apply([AccountChange(erased="users/u1")])
    await log.build()
    assert log.rows(PROFILE) == []


async def test_drift_is_what_changed_since_the_release_learned(log: Log) -> None:
    learned = NOON + timedelta(days=30)
    events = some_events(shoppers=40, each=20)
    await log.write(events)
    assert (await log.build()).drift == {}
    registered = PostgresReleases(log.engine)
    await registered.add(RELEASE)
    await registered.promote(RELEASE.number)
    async with log.engine.begin() as connection:
        await connection.execute(text("UPDATE releases SET create_time = :time"), {"time": learned})
    # The same shoppers' like do the same again, a month later.
    await log.write([moved(event, "again", timedelta(days=60)) for event in some_events(40, 20, seed=4)])
    found = {each.feature: each for each in (await log.build()).drift["shopper_history"]}
    assert found["last kind"].verdict is Verdict.STEADY
    assert found["length"].verdict is Verdict.STEADY
    # A robot comes, and looks at things for a minute.
    robot = [
        Event(f"visitors/r{i}", f"e{n}", Kind.VIEW, "p1", learned + n * SECOND) for i in range(60) for n in range(50)
    ]
    await log.write(robot)
    report = await log.build()
    found = {each.feature: each for each in report.drift["shopper_history"]}
    assert {name for name, each in found.items() if each.verdict is Verdict.DRIFTED} >= {"last kind", "length"}
    newest = {view.view: view.newest for view in report.freshness}
    assert newest["shopper_history"] == max(event.event_time for event in log.written)
    assert newest["item_attributes"] is None


async def test_an_empty_online_store_is_filled_from_the_files_unless_the_worker_is_at_work(log: Log) -> None:
    from services.kit.leader import Leader
    from services.recs.worker.lock import LOCK

    await log.write(some_events(shoppers=3))
    await log.build()
    worker = Leader(log.settings.database_url, LOCK)
    await worker.acquire()
    async with Batch(log.settings, Console(quiet=True)) as batch:
        with pytest.raises(WorkerRuns):
            await batch.materialise()
    await worker.close()
    async with Batch(log.settings, Console(quiet=True)) as batch:
        await batch.materialise()
    store = FeastFeatures(log.repository.open(), log.repository)
    try:
        assert await store.read("users/u2") == await PostgresHistories(log.engine).read("users/u2")
    finally:
        store.close()


def as_shopper(row: dict[str, object]) -> Shopper:
    from services.recs.adapters.features import _shopper

    return _shopper({**row, "preferred_categories": None})


def moved(event: Event, prefix: str, by: timedelta) -> Event:
    """The same by somebody else, later."""
    shopper = f"{event.shopper}-{prefix}"
    return Event(shopper, event.event_id, event.kind, event.product_id, event.event_time + by, event.rating)
