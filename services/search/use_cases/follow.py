"""Keeps this replica's table and index equal to the catalogue."""

import asyncio
import time

from services.kit import garbage, telemetry
from services.kit.following import rest
from services.search.ports import CatalogFeed, ProductChange
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.measures import BEHIND_S, CHANGES, PRODUCTS

RETRY_S = 0.5
WAIT_S = 2
"""For a change, in whole seconds: by silence it is noticed that the catalogue no longer answers."""
CHUNK = 50
"""Products taken in without a pause, in some milliseconds: searches come in between."""
MANY = 1000
"""Products more, after which all are left out of the search for garbage."""
log = telemetry.logger("aisle.search.follow")


class FollowCatalogue:
    """Reads the whole change feed once, and then what is new. There is nothing on disk that could be wrong."""

    def __init__(self, feed: CatalogFeed, catalogue: Catalogue, poll_s: float) -> None:
        self._feed = feed
        self._catalogue = catalogue
        self._poll_s = poll_s
        self._cursor = ""
        self._caught_up = False
        self._left_out = 0
        self._asked = time.monotonic()

    @property
    def ready(self) -> bool:
        """Whether the end of the feed was reached once."""
        return self._caught_up

    def age_s(self) -> float:
        """Seconds since the feed last answered."""
        return time.monotonic() - self._asked

    async def run(self) -> None:
        """Follows for as long as the process runs."""
        while True:
            began = time.monotonic()
            try:
                more = await self.step()
            except Exception as error:
                log.warning("catalogue not read", why=f"{type(error).__name__}: {error}"[:300])
                BEHIND_S.set(self.age_s())
                await asyncio.sleep(RETRY_S)
                continue
            if not more:
                await asyncio.sleep(rest(began, self._poll_s))

    async def step(self) -> bool:
        """Takes the next changes in; whether more are waiting."""
        changes, following, more = await self._feed.changes(self._cursor, WAIT_S if self._caught_up else 0)
        self._asked = time.monotonic()
        BEHIND_S.set(0)
        if changes:
            await self._take(changes)
        self._cursor = following
        if not more and not self._caught_up:
            self._caught_up = True
            log.info("catalogue read", products=len(self._catalogue))
        if not more and len(self._catalogue) >= self._left_out + MANY:
            self._left_out = len(self._catalogue)
            garbage.keep()
        return more

    async def _take(self, changes: list[ProductChange]) -> None:
        # The last word on a product is the one that counts.
        latest = list({change.product_id: change.product for change in changes}.items())
        for at in range(0, len(latest), CHUNK):
            for item, product in latest[at : at + CHUNK]:
                if product is None:
                    self._catalogue.remove(item)
                else:
                    self._catalogue.put(product)
            await asyncio.sleep(0)
        await asyncio.to_thread(self._catalogue.commit)
        self._catalogue.generation += 1
        PRODUCTS.set(len(self._catalogue))
        CHANGES.labels("put").inc(sum(product is not None for _, product in latest))
        CHANGES.labels("removed").inc(sum(product is None for _, product in latest))
