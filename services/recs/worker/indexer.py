"""Keeps the collection of a release that answers equal to the catalogue.

The watermark moves only after a flush, so that whatever the index forgets when it dies is written again. Whenever the
index was away, and now and then, all ids are compared with the catalogue's.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

from aisle.catalog.v1.product_pb2 import Product

from services.kit import telemetry
from services.kit.beside import Beside
from services.kit.following import rest
from services.recs.domain.releases import Release
from services.recs.ports import CatalogFeed, IndexedItem, IndexWriter, ProductChange, Towers, Watermarks
from services.recs.use_cases.measures import INDEXED, RECONCILED
from services.recs.use_cases.products import facts, product_id
from services.recs.worker.encoding import Encoding

RETRY_S = 0.5
WAIT_S = 1
"""For a change, in whole seconds; in between it is looked whether the index is still the same."""
LOOK_S = 0.1
"""Between two looks whether the release still answers: the collection of the next one waits to be filled."""
OVERDUE = 10
"""So many times later than it is due, the index is compared even while the feed has more."""
log = telemetry.logger("aisle.recs.indexer")


class Indexer:
    """One writer, one collection, one step after the other."""

    def __init__(
        self,
        release: Callable[[], Release | None],
        catalog: CatalogFeed,
        towers: Towers,
        encoding: Encoding,
        index: IndexWriter,
        watermarks: Watermarks,
        poll_s: float,
        flush_s: float,
        check_s: float,
        reconcile_s: float,
    ) -> None:
        self._release = release
        self._catalog = catalog
        self._towers = towers
        self._encoding = encoding
        self._index = index
        self._watermarks = watermarks
        self._poll_s = poll_s
        self._flush_s = flush_s
        self._check_s = check_s
        self._reconcile_s = reconcile_s
        self._unflushed = False

    async def run(self) -> None:
        """Works for as long as the process runs; begins anew whenever something fails."""
        while True:
            try:
                await self._follow()
            except Exception as error:
                log.warning("index waits", why=f"{type(error).__name__}: {error}"[:300])
                await asyncio.sleep(RETRY_S)

    async def _follow(self) -> None:
        release = self._release()
        if release is None:
            await asyncio.sleep(self._poll_s)
            return
        name = f"index/{release.collection}"
        if await self._index.ensure(release):
            # Made just now: it is filled from the beginning.
            await self._watermarks.set(name, "")
            log.info("collection is made anew", collection=release.collection)
            cursor = ""
        else:
            cursor = await self._watermarks.get(name) or release.catalog_cursor
        cursor = await self._catch_up(release, name, cursor)
        await self.reconcile(release)
        await self._stay(release, name, cursor)

    async def _catch_up(self, release: Release, name: str, cursor: str) -> str:
        flushed, durable = time.monotonic(), cursor
        while True:
            cursor, more = await self._step(release, cursor)
            if cursor != durable and (not more or time.monotonic() - flushed >= self._flush_s):
                await self._make_durable(release, name, cursor)
                flushed, durable = time.monotonic(), cursor
            if not more:
                return cursor

    async def _stay(self, release: Release, name: str, cursor: str) -> None:
        """Follows the feed until another release answers or something fails."""
        durable, flushed, checked, reconciled = cursor, 0.0, 0.0, time.monotonic()
        flush = Beside()
        try:
            while self._release() is release:
                began = time.monotonic()
                cursor, more = await self._step(release, cursor, WAIT_S)
                now = time.monotonic()
                if flush.over() and cursor != durable and now - flushed >= self._flush_s:
                    flush.begin(self._make_durable(release, name, cursor))
                    durable, flushed = cursor, now
                if now - checked >= self._check_s:
                    await self._index.ping([release.collection])
                    checked = now
                # While the feed has more, it would bring all that is written here again; but not for ever.
                if now - reconciled >= self._reconcile_s * (OVERDUE if more else 1):
                    await self.reconcile(release)
                    reconciled = now
                if not more:
                    await asyncio.sleep(rest(began, self._poll_s))
            await flush.end()
        finally:
            await flush.give_up()
        if cursor != durable:
            await self._make_durable(release, name, cursor)

    async def _make_durable(self, release: Release, name: str, cursor: str) -> None:
        if self._unflushed:
            self._unflushed = False  # before the flush: what is written meanwhile is the next one's
            await self._index.flush([release.collection])
        await self._watermarks.set(name, cursor)

    async def _step(self, release: Release, cursor: str, wait_s: int = 0) -> tuple[str, bool]:
        """Applies the next changes; the cursor after them, and whether more are waiting."""
        changes, following, more = await self._changes(release, cursor, wait_s)
        # The last word on a product is the one that counts.
        latest = {change.product_id: change.product for change in changes}
        await self._put(release, [product for product in latest.values() if product is not None])
        await self._remove(release, [item for item, product in latest.items() if product is None])
        return following, more

    async def _changes(self, release: Release, cursor: str, wait_s: int) -> tuple[list[ProductChange], str, bool]:
        """The next changes; none when another release answers before there are any."""
        asking = asyncio.ensure_future(self._catalog.changes(cursor, wait_s))
        try:
            while not (await asyncio.wait([asking], timeout=LOOK_S))[0]:
                if self._release() is not release:
                    return [], cursor, False
            return asking.result()
        finally:
            asking.cancel()

    async def reconcile(self, release: Release) -> None:
        """Puts what the index lacks, and removes what the catalogue no longer has."""
        indexed = await self._index.ids(release.collection)
        unknown, mended = set(indexed), 0
        async for products in self._catalog.everything():
            missing = [product for product in products if product_id(product.name) not in indexed]
            unknown.difference_update(product_id(product.name) for product in products)
            await self._put(release, missing)
            mended += len(missing)
        # The catalogue may have changed while it was read.
        gone = sorted(unknown - await self._catalog.existing(sorted(unknown)))
        await self._remove(release, gone)
        mended += len(gone)
        if mended:
            await self._index.flush([release.collection])
            self._unflushed = False
            RECONCILED.inc(mended)
            log.info("index was mended", collection=release.collection, put=mended - len(gone), removed=len(gone))

    async def _put(self, release: Release, products: Sequence[Product]) -> None:
        if not products:
            return
        known = [facts(product) for product in products]
        inputs = [release.spec.item_inputs(item) for item in known]
        vectors = await self._towers.item_vectors(release, inputs, await self._encoding(release, products))
        items = [IndexedItem(item, vector) for item, vector in zip(known, vectors, strict=True)]
        self._unflushed = True
        await self._index.put(release.collection, items)
        INDEXED.labels("put").inc(len(items))

    async def _remove(self, release: Release, ids: Sequence[str]) -> None:
        if ids:
            self._unflushed = True
            await self._index.remove(release.collection, ids)
            INDEXED.labels("removed").inc(len(ids))
