"""Shoppers in Feast's online store, through its SDK in a thread: reading one takes 0.2 ms with SQLite."""

import asyncio
import tempfile
import time
import warnings
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from services.recs.domain.shopper import Interaction, Shopper
from services.recs.features.definitions import ENTITY, HISTORY_PUSH, PROFILE_PUSH, TIME, VIEWS
from services.recs.features.repository import Repository

FEATURES = [f"{view.name}:{name}" for view in VIEWS for name in view.fields]
LOOK_AGAIN_S = 1.0
"""Between two looks at a registry that lacks the views: the worker has not applied them yet."""
ROWS = 2000


class FeastFeatures:
    """services.recs.ports.FeatureStore. One thread: SQLite's connection is one, and keeps the order of writes."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(1, "feast")
        self._looked = 0.0

    async def read(self, shopper: str) -> Shopper:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._read, shopper)

    async def push(self, shoppers: Mapping[str, Shopper]) -> None:
        """Writes shoppers over what was there."""
        names = list(shoppers)
        for at in range(0, len(names), ROWS):
            part = {name: shoppers[name] for name in names[at : at + ROWS]}
            await asyncio.get_running_loop().run_in_executor(self._thread, self._push, part)

    def close(self) -> None:
        """Ends the thread."""
        self._thread.shutdown(cancel_futures=True)

    def _read(self, shopper: str) -> Shopper:
        try:
            return _shopper(self._ask(shopper))
        except Exception:
            if time.monotonic() - self._looked < LOOK_AGAIN_S:
                raise
            self._looked = time.monotonic()
            self._store.refresh_registry()
            return _shopper(self._ask(shopper))

    def _ask(self, shopper: str) -> dict[str, Any]:
        found: dict[str, Any] = self._store.get_online_features(FEATURES, [{ENTITY: shopper}]).to_dict()
        return {name: values[0] for name, values in found.items()}

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
            _warm_up(Repository(Path(folder)).apply()[0])
    return FeastFeatures(store)


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
