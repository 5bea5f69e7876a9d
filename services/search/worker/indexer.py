"""Keeps the collections of the builds equal to the catalogue.

There may be two builds: the one that answers, and the one that is being filled to replace it. Each has a cursor of its
own in the change feed, which moves only after a flush, so that whatever the index forgets when it dies, or this process
had under way when it was killed, is done again. Doing it twice is as doing it once.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence

import numpy as np
from aisle.catalog.v1.product_pb2 import Product

from services.kit import telemetry
from services.kit.beside import Beside
from services.kit.following import rest
from services.search.domain.releases import Build
from services.search.ports import CatalogFeed, IndexWriter, Releases, Vector
from services.search.use_cases.measures import INDEXED
from services.search.worker.embedding import Embedding, document, subject
from services.search.worker.progress import Filling

RETRY_S = 0.5
WAIT_S = 1
"""For a change, in whole seconds; in between it is looked whether index and builds are still the same."""
DROP_AFTER_S = 60.0
"""Collections that no build has any more are dropped after this long: requests may still be under way on them."""
log = telemetry.logger("aisle.search.indexer")


class Indexer:
    """One writer, one step after the other."""

    def __init__(
        self,
        releases: Releases,
        catalog: CatalogFeed,
        embedding: Embedding,
        index: IndexWriter,
        poll_s: float,
        flush_s: float,
        check_s: float,
    ) -> None:
        self._releases = releases
        self._catalog = catalog
        self._embedding = embedding
        self._index = index
        self._poll_s = poll_s
        self._flush_s = flush_s
        self._check_s = check_s
        self._unflushed: set[int] = set()

    async def run(self) -> None:
        """Works for as long as the process runs; begins anew whenever something fails."""
        while True:
            try:
                await self._follow()
            except Exception as error:
                log.warning("index waits", why=f"{type(error).__name__}: {error}"[:300])
                await asyncio.sleep(RETRY_S)

    async def _follow(self) -> None:
        """Follows with the builds that there are until there are others."""
        flush = Beside()
        try:
            await self._follow_until_others(flush)
        finally:
            await flush.give_up()

    async def _follow_until_others(self, flush: Beside) -> None:
        serving, building = await self._releases.serving(), await self._releases.building()
        builds = [build for build in (serving, building) if build is not None]
        if not builds:
            await asyncio.sleep(self._poll_s * 5)
            return
        cursors = {build.number: await self._begin(build) for build in builds}
        durable, flushed, checked = dict(cursors), time.monotonic(), time.monotonic()
        began, dropped = time.monotonic(), False
        # A build without a cursor begins, or has lost its collections, as in a Milvus that the shop was moved to.
        empty = [build for build in builds if build is building or not cursors[build.number]]
        fillings = {build.number: await self._filling(build, cursors[build.number]) for build in empty}
        while True:
            waiting, turn = False, time.monotonic()
            wait_s = 0 if fillings else WAIT_S
            for build in builds:
                following, more, changes = await self._step(build, cursors[build.number], wait_s)
                cursors[build.number], waiting = following, waiting or more
                if (filling := fillings.get(build.number)) is None:
                    continue
                filling.add(changes)
                if more:
                    continue
                if build is not building:
                    await self._point_aliases(build)
                    fillings.pop(build.number).full()
                    continue
                await flush.end()
                await self._make_durable(build, following)
                if await self._serve(build):
                    filling.full()
                return
            now = time.monotonic()
            if flush.over() and cursors != durable and now - flushed >= self._flush_s:
                moved = [one for one in builds if cursors[one.number] != durable[one.number]]
                flush.begin(self._all_durable(moved, dict(cursors)))
                durable, flushed = dict(cursors), now
            if now - checked >= self._check_s:
                checked = now
                for build in builds:
                    await self._index.ping(_collections(build))
                if await self._changed(serving, building):
                    await flush.end()
                    return
            if not dropped and building is None and now - began > DROP_AFTER_S:
                dropped = True
                await self._drop_others(builds)
            if not waiting:
                await asyncio.sleep(rest(turn, self._poll_s))

    async def _begin(self, build: Build) -> str:
        dimensions = {build.collection(name): space.dimension for name, space in build.release.spec.spaces.items()}
        if await self._index.ensure(dimensions):
            # Made just now, or lost since: it is filled from the beginning.
            await self._releases.advance(build, "")
            return ""
        return build.cursor

    async def _filling(self, build: Build, cursor: str) -> Filling:
        # Behind a cursor there is what an earlier worker wrote.
        ready = max([len(await self._index.ids(name)) for name in _collections(build)]) if cursor else 0
        return Filling(build.number, ready, await self._catalog.size())

    async def _changed(self, serving: Build | None, building: Build | None) -> bool:
        now = await self._releases.serving(), await self._releases.building()
        return [build and build.number for build in now] != [build and build.number for build in (serving, building)]

    async def _serve(self, build: Build) -> bool:
        if not await self._releases.serve(build):
            return False
        await self._point_aliases(build)
        return True

    async def _point_aliases(self, build: Build) -> None:
        for space in build.release.spec.spaces:
            try:
                await self._index.point_alias(f"search_{space}_current", build.collection(space))
            except Exception as error:  # nothing of ours reads by the alias
                log.warning("alias not moved", build=build.number, why=type(error).__name__)

    async def _drop_others(self, builds: Sequence[Build]) -> None:
        kept = {name for build in builds for name in _collections(build)}
        dropped = await self._index.keep_only(kept)
        if dropped:
            log.info("collections dropped", collections=dropped)

    async def _all_durable(self, builds: Sequence[Build], cursors: Mapping[int, str]) -> None:
        for build in builds:
            await self._make_durable(build, cursors[build.number])

    async def _make_durable(self, build: Build, cursor: str) -> None:
        if build.number in self._unflushed:
            self._unflushed.discard(build.number)  # before the flush: what is written meanwhile is the next one's
            await self._index.flush(_collections(build))
        await self._releases.advance(build, cursor)

    async def _step(self, build: Build, cursor: str, wait_s: int) -> tuple[str, bool, int]:
        """Applies the next changes; the cursor after them, whether more are waiting, and how many there were."""
        changes, following, more = await self._catalog.changes(cursor, wait_s)
        # The last word on a product is the one that counts.
        latest = {change.product_id: change.product for change in changes}
        if latest:
            self._unflushed.add(build.number)
            await self._put(build, [product for product in latest.values() if product is not None])
            await self._remove(build, [item for item, product in latest.items() if product is None])
        return following, more, len(latest)

    async def _put(self, build: Build, products: Sequence[Product]) -> None:
        if not products:
            return
        documents = [document(product) for product in products]
        vectors = await self._vectors(build, products)
        for space, made in vectors.items():
            known = np.flatnonzero(made.any(axis=1))
            # A product of which the space knows nothing stays out of it.
            kept = [documents[i] for i in known]
            await self._index.put(build.collection(space), kept, made[known])
            if len(known) < len(documents):
                out = sorted({one.product_id for one in documents} - {one.product_id for one in kept})
                await self._index.remove(build.collection(space), out)
        INDEXED.labels("put").inc(len(documents))

    async def _vectors(self, build: Build, products: Sequence[Product]) -> dict[str, Vector]:
        """Those that the index has already are taken from it: most changes are of a price or a stock."""
        spec, ids = build.release.spec, [document(product).product_id for product in products]
        subjects = [subject(product) for product in products]
        known = {space: await self._index.known(build.collection(space), ids) for space in spec.spaces}
        fresh = [
            i
            for i, (item, about) in enumerate(zip(ids, subjects, strict=True))
            if any(known[space].get(item, ("", None))[0] != about.digest for space in spec.spaces)
        ]
        made = await self._embedding(spec, [subjects[i] for i in fresh]) if fresh else {}
        vectors = {}
        for space, of in spec.spaces.items():
            rows = np.zeros((len(ids), of.dimension), np.float32)
            for i, item in enumerate(ids):
                if item in known[space]:
                    rows[i] = known[space][item][1]
            if fresh:
                rows[fresh] = made[space]
            vectors[space] = rows
        return vectors

    async def _remove(self, build: Build, ids: Sequence[str]) -> None:
        if ids:
            for name in _collections(build):
                await self._index.remove(name, ids)
            INDEXED.labels("removed").inc(len(ids))


def _collections(build: Build) -> list[str]:
    return [build.collection(space) for space in build.release.spec.spaces]
