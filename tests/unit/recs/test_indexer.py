"""When the index's writer flushes, moves its cursor, and compares the index with the catalogue."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from aisle.catalog.v1.product_pb2 import Product

from services.recs.domain.releases import Release
from services.recs.ports import ProductChange
from services.recs.worker import indexer
from services.recs.worker.encoding import Encoding
from services.recs.worker.indexer import OVERDUE, Indexer

RELEASE = cast(
    Release, SimpleNamespace(collection="items", catalog_cursor="0", spec=SimpleNamespace(item_inputs=id, encoders=()))
)
DUE_S, FLUSH_S = 10.0, 3.0


class Shop:
    """A catalogue whose feed goes on for ever, an index and a watermark, with a clock that each question moves."""

    def __init__(self, endless: bool) -> None:
        self._endless = endless
        self.seconds = 0.0
        self.said: list[str] = []
        self.compared: list[float] = []

    async def reaches(self, seconds: float) -> None:
        """Lets the clock come to a time."""
        while self.seconds < seconds:  # noqa: ASYNC110  (the clock is moved by who works meanwhile)
            await asyncio.sleep(0)

    async def changes(self, cursor: str, wait_s: int = 0) -> tuple[list[ProductChange], str, bool]:
        await asyncio.sleep(0)
        self.seconds += 1
        number = int(cursor) + 1
        product = Product(name=f"products/p{number}", title="A product")
        return [ProductChange(f"p{number}", product)], str(number), self._endless and number > 1

    async def everything(self) -> AsyncIterator[list[Product]]:
        nothing: list[Product] = []
        for products in (nothing,):
            yield products

    async def existing(self, ids: Sequence[str]) -> set[str]:
        return set(ids)

    async def item_vectors(self, _: Release, inputs: Sequence[Any], encoder_vectors: None) -> Any:
        return np.zeros((len(inputs), 2), np.float32)

    async def ensure(self, _: Release) -> bool:
        return False

    async def put(self, _: str, items: Sequence[Any]) -> None:
        self.said.append(f"put {items[0].facts.product_id}")

    async def flush(self, _: Sequence[str]) -> None:
        self.said.append("flush begins")
        if self.compared:  # from now on it goes on beside
            await self.reaches(self.seconds + FLUSH_S)
        self.said.append("flush ends")

    async def ids(self, _: str) -> set[str]:
        self.compared.append(self.seconds)
        return set()

    async def ping(self, _: Sequence[str]) -> None: ...

    async def get(self, _: str) -> str:
        return "0"

    async def set(self, _: str, cursor: str) -> None:
        self.said.append(f"cursor {cursor}")


class Quiet(Shop):
    """A catalogue in which nothing happens: who waits for a change waits."""

    def __init__(self) -> None:
        super().__init__(endless=False)
        self.ensured: list[Release] = []
        self.waiting = 0

    async def changes(self, cursor: str, wait_s: int = 0) -> tuple[list[ProductChange], str, bool]:
        if wait_s:
            self.waiting += 1
            try:
                await asyncio.Event().wait()
            finally:
                self.waiting -= 1
        return [], cursor, False

    async def ensure(self, release: Release) -> bool:
        self.ensured.append(release)
        return False


def follow(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, release: Callable[[], Release] = lambda: RELEASE
) -> asyncio.Task[None]:
    """An indexer at work."""
    monkeypatch.setattr(indexer, "time", SimpleNamespace(monotonic=lambda: shop.seconds))
    parts: Any = shop
    work = Indexer(release, parts, parts, Encoding(parts), parts, parts, 0.0, 1.0, 1.0, DUE_S)
    return asyncio.create_task(work.run())


async def test_the_next_release_is_not_kept_waiting_for_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    shop, answers = Quiet(), [RELEASE]
    task = follow(shop, monkeypatch, lambda: answers[0])
    async with asyncio.timeout(10):
        while not shop.waiting:  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0)
        answers[0] = cast(Release, SimpleNamespace(**{**vars(RELEASE), "collection": "others"}))
        while answers[0] not in shop.ensured or shop.waiting != 1:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert shop.waiting == 0


@pytest.mark.parametrize(("endless", "after"), [(False, DUE_S), (True, OVERDUE * DUE_S)])
async def test_the_index_is_compared_when_it_is_due_and_later_while_the_feed_has_more(
    monkeypatch: pytest.MonkeyPatch, endless: bool, after: float
) -> None:
    shop = Shop(endless)
    task = follow(shop, monkeypatch)
    await shop.reaches(2.5 * OVERDUE * DUE_S)
    task.cancel()
    assert shop.compared[:3] == [1, 1 + after, 1 + 2 * after]


async def test_a_cursor_moves_after_a_flush_that_began_when_all_before_it_was_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = Shop(endless=False)
    task = follow(shop, monkeypatch)
    await shop.reaches(50)
    task.cancel()
    cursors = [(place, line.split()[1]) for place, line in enumerate(shop.said) if line.startswith("cursor")]
    assert len(cursors) > 50 / (FLUSH_S + 2)
    for place, cursor in cursors:
        begins = max(at for at, line in enumerate(shop.said[:place]) if line == "flush begins")
        assert f"put p{cursor}" in shop.said[:begins]
        beside = [line for line in shop.said[begins:place] if line.startswith("put")]
        assert len(beside) >= FLUSH_S - 1 or cursor == "1", "others are written meanwhile"
