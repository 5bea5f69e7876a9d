"""Candidates to products: current ones from the catalogue, or as last seen."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from aisle.catalog.v1.product_pb2 import Product

from services.recs.ports import Catalog
from services.recs.use_cases.guards import Degradation, Down, Guard
from services.recs.use_cases.measures import stage
from services.recs.use_cases.products import product_id


class Snapshots:
    """Products as last seen, the most recently seen ones."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._products: OrderedDict[str, Product] = OrderedDict()

    def put(self, products: Sequence[Product]) -> None:
        """Remembers products."""
        for product in products:
            key = product_id(product.name)
            self._products[key] = product
            self._products.move_to_end(key)
        while len(self._products) > self._size:
            self._products.popitem(last=False)

    def forget(self, ids: Sequence[str]) -> None:
        """They are gone from the catalogue."""
        for item in ids:
            self._products.pop(item, None)

    def get(self, ids: Sequence[str]) -> dict[str, Product]:
        """Those that are remembered."""
        return {item: found for item in ids if (found := self._products.get(item)) is not None}

    def recent(self) -> list[str]:
        """All ids, the last seen first."""
        return list(reversed(self._products))


class Hydration:
    """Products of one request: each is asked for once, also where two stages want it at the same time."""

    def __init__(self, catalog: Catalog, guard: Guard, snapshots: Snapshots, degraded: set[Degradation]) -> None:
        self._catalog = catalog
        self._guard = guard
        self._snapshots = snapshots
        self._degraded = degraded
        self._known: dict[str, Product] = {}
        self._asked: set[str] = set()
        self._along: list[str] = []
        self._asking = asyncio.Lock()

    def along(self, ids: Sequence[str]) -> None:
        """Asks for these together with the next."""
        self._along.extend(ids)

    def learn(self, products: Sequence[Product]) -> None:
        """Takes products that came another way."""
        self._known.update((product_id(product.name), product) for product in products)
        self._snapshots.put(products)

    async def __call__(self, ids: Sequence[str]) -> dict[str, Product]:
        """Products by id, without those that do not exist; as last seen when the catalogue does not answer."""
        async with self._asking:
            if missing := [item for item in ids if item not in self._asked and item not in self._known]:
                missing += [item for item in self._along if item not in missing]
                self._along = []
                self._asked.update(missing)
                with stage("hydrate"):
                    await self._ask(missing)
        return {item: self._known[item] for item in ids if item in self._known}

    async def _ask(self, ids: list[str]) -> None:
        try:
            found = await self._guard(lambda: self._catalog.get(ids))
        except Down:
            self._degraded.add(Degradation.CATALOG)
            found = self._snapshots.get(ids)
        else:
            self._snapshots.put(list(found.values()))
            self._snapshots.forget([item for item in ids if item not in found])
        self._known.update(found)
