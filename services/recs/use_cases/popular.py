"""What is popular, in memory."""

import asyncio
from collections import OrderedDict

from services.kit import telemetry
from services.recs.ports import Popularity, PopularProducts

REMEMBERED = 8
"""Versions whose pages can still be turned: some minutes."""
NOTHING = PopularProducts(0, (), ())
log = telemetry.logger("aisle.recs.popular")


class PopularNow:
    """The newest computation, and a few before it."""

    def __init__(self, popularity: Popularity, poll_s: float) -> None:
        self._popularity = popularity
        self._poll_s = poll_s
        self._versions: OrderedDict[int, PopularProducts] = OrderedDict()
        self._newest = NOTHING

    def at(self, version: int | None) -> PopularProducts:
        """A version that was given out before if it is still here, else the newest."""
        return self._versions.get(version, self._newest) if version is not None else self._newest

    async def refresh(self) -> None:
        """Takes the newest computation."""
        found = await self._popularity.newest()
        if found is None or found.version == self._newest.version:
            return
        self._newest = self._versions[found.version] = found
        if len(self._versions) > REMEMBERED:
            self._versions.popitem(last=False)

    async def watch(self) -> None:
        """Follows the worker for as long as the process runs."""
        while True:
            try:
                await self.refresh()
            except Exception as error:
                log.warning("popularity not read", why=type(error).__name__)
            await asyncio.sleep(self._poll_s)
