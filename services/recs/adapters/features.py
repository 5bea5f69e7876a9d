"""Shoppers in Feast's online store, through its SDK in a thread: reading one takes 0.2 ms with SQLite."""

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
from services.recs.features.definitions import ENTITY, HISTORY_PUSH, PROFILE_PUSH, TIME, VIEWS
from services.recs.features.repository import Repository

FEATURES = [f"{view.name}:{name}" for view in VIEWS for name in view.fields]
LOOK_AGAIN_S = 1.0
"""Between two looks at a registry that lacks the views: the worker has not applied them yet."""
ROWS = 2000
TOGETHER = 32
"""Shoppers read in one go: the most of a read's time is Feast's own, however many it is for."""
MARK = "mark"
"""Stands among the shoppers of a store that holds them all; a store that is new, or was emptied, lacks it."""
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

    async def read(self, shopper: str) -> Shopper:
        return await self._reads("", shopper)

    def pending(self) -> int:
        """How many reads are under way."""
        return self._reads.pending()

    async def push(self, shoppers: Mapping[str, Shopper]) -> None:
        """Writes shoppers over what was there."""
        names = list(shoppers)
        for at in range(0, len(names), ROWS):
            part = {name: shoppers[name] for name in names[at : at + ROWS]}
            await asyncio.get_running_loop().run_in_executor(self._thread, self._push, part)

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
        rows = [{ENTITY: shopper} for shopper in shoppers]
        found: dict[str, list[Any]] = self._store.get_online_features(FEATURES, rows).to_dict()
        return [_shopper({name: values[i] for name, values in found.items()}) for i in range(len(shoppers))]

    def _push(self, shoppers: Mapping[str, Shopper]) -> None:
        now = datetime.now(UTC)
        history = [
            {
                ENTITY: name,
                "product_ids": [event.product_id for event in shopper.history],
                "kinds": [event.kind for event in shopper.history],
                "times_ms": [event.time_ms for event in shopper.history],
                "bought": sorted(shopper.bought),
                "disliked": sorted(shopper.disliked),
                TIME: now,
            }
            for name, shopper in shoppers.items()
        ]
        profiles = [
            {ENTITY: name, "preferred_categories": list(shopper.preferred_categories), TIME: now}
            for name, shopper in shoppers.items()
        ]
        self._store.push(HISTORY_PUSH, pd.DataFrame(history))
        self._store.push(PROFILE_PUSH, pd.DataFrame(profiles))


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
        store.get_online_features(FEATURES, [{ENTITY: "nobody"}])


def _shopper(values: Mapping[str, Any]) -> Shopper:
    events = zip(values["product_ids"] or (), values["kinds"] or (), values["times_ms"] or (), strict=True)
    return Shopper(
        history=tuple(Interaction(*event) for event in events),
        bought=frozenset(values["bought"] or ()),
        disliked=frozenset(values["disliked"] or ()),
        preferred_categories=tuple(values["preferred_categories"] or ()),
    )
