"""Feast's online store, through its SDK in a thread: reading a shopper takes 0.2 ms with SQLite."""

import asyncio
import sqlite3
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from services.kit import telemetry
from services.kit.coalescing import Coalescer
from services.recs.domain.shopper import Interaction, Shopper
from services.recs.features.definitions import HISTORY, ITEMS, PRODUCT, PROFILE, SCORES, SHOPPER, STATISTICS, TIME, View
from services.recs.features.repository import Repository
from services.recs.features.rows import Row, milliseconds
from services.recs.ports import Scored
from services.recs.use_cases.measures import FEATURES_PUSHED
from services.recs.worker.item_counter import ItemCounts
from services.recs.worker.item_follower import KnownItem

FEATURES = [*HISTORY.features, *PROFILE.features]
"""What is known of a shopper."""
LOOK_AGAIN_S = 1.0
"""Between two looks at a registry that lacks the views: the worker has not applied them yet."""
ROWS = 2000
TOGETHER = 32
"""Shoppers read in one go: the most of a read's time is Feast's own, however many it is for."""
MARK = "mark"
"""Stands among the shoppers of a store that holds them all; a store that is new, or was emptied, lacks it."""
NOTHING = Scored()
WATCH_S = 1.0
"""Between two looks for the mark."""
log = telemetry.logger("aisle.recs.features")


class FeastFeatures:
    """services.recs.ports.FeatureStore. One thread: SQLite's connection is one, and keeps the order of writes."""

    def __init__(self, store: Any, repository: Repository) -> None:
        self._store = store
        self._repository = repository
        self._identity = repository.identity()
        self._thread = ThreadPoolExecutor(1, "feast")
        self._looked = 0.0
        self._reads = Coalescer(self._read_together, in_flight=1, together=TOGETHER)
        self._scores = Coalescer(self._scores_together, in_flight=1, together=TOGETHER)

    async def read(self, shopper: str) -> Shopper:
        return await self._reads("", shopper)

    async def scored(self, shopper: str) -> Scored:
        """What was best for the shopper when they were last scored; nothing if they never were."""
        return await self._scores("", shopper)

    def pending(self) -> int:
        """How many reads are under way."""
        return self._reads.pending()

    async def push(self, shoppers: Mapping[str, Shopper]) -> None:
        """Writes shoppers over what was there. Of those who are known no more, what they were shown goes too."""
        await self._write(HISTORY, [_history(name, shopper) for name, shopper in shoppers.items()])
        profiles = [
            {SHOPPER: name, "preferred_categories": list(shopper.preferred_categories)}
            for name, shopper in shoppers.items()
        ]
        await self._write(PROFILE, profiles)
        await self.push_scores({name: NOTHING for name, shopper in shoppers.items() if not shopper.known})

    async def push_scores(self, scored: Mapping[str, Scored]) -> None:
        """Writes what is best for shoppers."""
        rows = [
            {SHOPPER: name, "product_ids": list(best.ids), "scores": list(best.scores), "release": best.release}
            for name, best in scored.items()
        ]
        await self._write(SCORES, rows)

    async def push_items(self, items: Sequence[KnownItem]) -> None:
        """Writes what is known of products."""
        await self._write(ITEMS, [_item(item) for item in items])

    async def push_statistics(self, items: Sequence[ItemCounts]) -> None:
        """Writes what happened to products."""
        rows = [{PRODUCT: item.product_id, **item.counts, "as_of_ms": milliseconds(item.as_of)} for item in items]
        await self._write(STATISTICS, rows)

    async def mark(self) -> None:
        """Says that the store holds everybody, or will once the log has been followed."""
        await self.push({MARK: Shopper(preferred_categories=(MARK,))})

    async def marked(self) -> bool:
        """Whether the store was marked and still holds what was pushed."""
        if self._repository.identity() != self._identity:
            return False
        return bool((await self.read(MARK)).preferred_categories)

    async def watch(self) -> None:
        """Returns when what was pushed is gone: the store was emptied, or its file was removed or broken."""
        while True:
            await asyncio.sleep(WATCH_S)
            try:
                if await self.marked():
                    continue
                log.error("the feature store was emptied")
                return
            except sqlite3.OperationalError as error:
                log.warning("feature store not looked at", why=str(error)[:300])
            except sqlite3.DatabaseError as error:
                log.error("the feature store is broken", why=str(error)[:300])
                return
            except Exception as error:  # a server that does not answer comes back with what it held
                log.warning("feature store not looked at", why=f"{type(error).__name__}: {error}"[:300])

    def close(self) -> None:
        """Ends the thread."""
        self._thread.shutdown(cancel_futures=True)

    async def _read_together(self, _: str, shoppers: Sequence[str]) -> list[Shopper]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._read, shoppers)

    def _read(self, shoppers: Sequence[str]) -> list[Shopper]:
        self._take_new_file()
        try:
            return self._ask(shoppers)
        except Exception:
            if time.monotonic() - self._looked < LOOK_AGAIN_S:
                raise
            self._looked = time.monotonic()
            self._store.refresh_registry()
            return self._ask(shoppers)

    def _take_new_file(self) -> None:
        """An open file that was removed is readable for ever, with what it held then."""
        identity = self._repository.identity()
        if identity == self._identity:
            return
        if identity is None:
            raise FileNotFoundError("the feature store's file is gone")
        self._store, self._identity = self._repository.open(), identity

    def _ask(self, shoppers: Sequence[str]) -> list[Shopper]:
        rows = [{SHOPPER: shopper} for shopper in shoppers]
        found: dict[str, list[Any]] = self._store.get_online_features(FEATURES, rows).to_dict()
        return [_shopper({name: values[i] for name, values in found.items()}) for i in range(len(shoppers))]

    async def _scores_together(self, _: str, shoppers: Sequence[str]) -> list[Scored]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._read_scores, shoppers)

    def _read_scores(self, shoppers: Sequence[str]) -> list[Scored]:
        self._take_new_file()
        rows = [{SHOPPER: shopper} for shopper in shoppers]
        found: dict[str, list[Any]] = self._store.get_online_features(SCORES.features, rows).to_dict()
        columns = zip(found["product_ids"], found["scores"], found["release"], strict=True)
        return [Scored(tuple(ids or ()), tuple(scores or ()), release or 0) for ids, scores, release in columns]

    async def _write(self, view: View, rows: Sequence[Row]) -> None:
        for at in range(0, len(rows), ROWS):
            part = rows[at : at + ROWS]
            await asyncio.get_running_loop().run_in_executor(self._thread, self._push, view, part)

    def _push(self, view: View, rows: Sequence[Row]) -> None:
        now = datetime.now(UTC)
        self._store.push(view.push, pd.DataFrame([{**row, TIME: now} for row in rows]))
        FEATURES_PUSHED.labels(view.name).set(now.timestamp())


def open_store(repository: Repository) -> FeastFeatures:
    """For reading: the definitions may be applied later."""
    repository.render()
    store = repository.open()
    try:
        _warm_up(store)
    except Exception:  # the worker has not applied the definitions yet
        with tempfile.TemporaryDirectory() as folder:
            _warm_up(Repository(Path(folder)).apply())
    return FeastFeatures(store, repository)


def _warm_up(store: Any) -> None:
    """Reads once: Feast imports half of itself then, which takes half a second."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        store.get_online_features(FEATURES, [{SHOPPER: "nobody"}])


def _shopper(values: Mapping[str, Any]) -> Shopper:
    events = zip(values["product_ids"] or (), values["kinds"] or (), values["times_ms"] or (), strict=True)
    return Shopper(
        history=tuple(Interaction(*event) for event in events),
        bought=frozenset(values["bought"] or ()),
        disliked=frozenset(values["disliked"] or ()),
        preferred_categories=tuple(values["preferred_categories"] or ()),
    )


def _history(name: str, shopper: Shopper) -> Row:
    return {
        SHOPPER: name,
        "product_ids": [event.product_id for event in shopper.history],
        "kinds": [event.kind for event in shopper.history],
        "times_ms": [event.time_ms for event in shopper.history],
        "bought": sorted(shopper.bought),
        "disliked": sorted(shopper.disliked),
    }


def _item(item: KnownItem) -> Row:
    known = item.facts
    return {
        PRODUCT: known.product_id,
        "title": known.title,
        "category_ids": list(known.category_ids),
        "brand": known.brand,
        "price": known.price,
        "currency": known.currency,
        "attributes": item.attributes,
    }
