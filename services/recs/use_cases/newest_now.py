"""The newest products, kept for a moment: exploration asks for them again and again."""

import time
from collections import OrderedDict

from aisle.catalog.v1.product_pb2 import Product

from services.recs.ports import Catalog
from services.recs.use_cases.guards import Degradation, Down, Guard
from services.recs.use_cases.hydration import Hydration
from services.recs.use_cases.products import product_id

KEPT_S = 2.0
"""A new product waits this long for its turn at most."""
FILTERS = 64
"""Filters whose newest products are remembered."""


class NewestNow:
    """The first page of the newest products that pass a filter."""

    def __init__(self, catalog: Catalog, guard: Guard) -> None:
        self._catalog = catalog
        self._guard = guard
        self._pages: OrderedDict[str, tuple[float, dict[str, Product]]] = OrderedDict()

    async def __call__(self, text: str, hydrate: Hydration, degraded: set[Degradation]) -> dict[str, Product]:
        """By id, newest first; as they were when the catalogue does not answer."""
        until, products = self._pages.get(text, (0.0, {}))
        if time.monotonic() < until:
            return products
        try:
            found, _ = await self._guard(lambda: self._catalog.newest(text, ""))
        except Down:
            degraded.add(Degradation.CATALOG)
            return products
        hydrate.learn(found)
        products = {product_id(product.name): product for product in found}
        self._pages[text] = time.monotonic() + KEPT_S, products
        self._pages.move_to_end(text)
        while len(self._pages) > FILTERS:
            self._pages.popitem(last=False)
        return products
