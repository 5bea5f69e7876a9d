"""Snapshots, replays, pictures and sweeping with the world around them made up."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from services.catalog.adapters.snapshots import SnapshotCache
from services.catalog.domain.picture import Picture
from services.catalog.use_cases.pictures import PictureUseCases
from services.catalog.use_cases.replay import RequestKey, once
from services.catalog.use_cases.sweeping import Sweeper
from services.kit.errors import InvalidArgument, NotFound
from services.kit.pictures import PictureRefused

PICTURE = Picture("e3b0c442", "image/png", 500, 250)


def test_a_snapshot_is_kept_under_its_version() -> None:
    cache = SnapshotCache(max_bytes=100)
    cache.put("a", 2, b"new")
    cache.put("a", 1, b"a slower reader's")
    assert (cache.get("a", 2), cache.get("a", 1), cache.get("b", 2)) == (b"new", None, None)


def test_the_least_recently_used_snapshots_are_given_up() -> None:
    cache = SnapshotCache(max_bytes=30)
    for name in "abc":
        cache.put(name, 1, bytes(10))
    cache.get("a", 1)
    cache.put("d", 1, bytes(20))
    assert [name for name in "abcd" if cache.get(name, 1)] == ["a", "d"]
    cache.put("e", 1, bytes(31))
    assert [name for name in "abcde" if cache.get(name, 1)] == []


class Answers:
    """Replays in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str, str], tuple[bytes, bytes]] = {}

    async def claim(self, caller: str, method: str, request_id: str, fingerprint: bytes) -> tuple[bytes, bytes] | None:
        if found := self.kept.get((caller, method, request_id)):
            return found
        self.kept[caller, method, request_id] = fingerprint, b""
        return None

    async def answer(self, caller: str, method: str, request_id: str, answer: bytes) -> None:
        fingerprint, _ = self.kept[caller, method, request_id]
        self.kept[caller, method, request_id] = fingerprint, answer

    async def forget(self, before: datetime) -> None:
        self.kept.clear()

    async def forget_caller(self, caller: str) -> None:
        self.kept = {key: answer for key, answer in self.kept.items() if key[0] != caller}


async def test_a_repeated_call_acts_once() -> None:
    acted = 0

    async def act() -> bytes:
        nonlocal acted
        acted += 1
        return b"%d" % acted

    answers = Answers()
    key = RequestKey("users/a", "AdjustStock", "id", b"request")
    assert [await once(answers, key, act) for _ in range(3)] == [b"1"] * 3
    others = [RequestKey("users/b", "AdjustStock", "id", b"request"), RequestKey("users/a", "Create", "id", b"request")]
    assert [await once(answers, other, act) for other in others] == [b"2", b"3"]
    assert [await once(answers, None, act) for _ in range(2)] == [b"4", b"5"]
    with pytest.raises(InvalidArgument):
        await once(answers, RequestKey("users/a", "AdjustStock", "id", b"another request"), act)


class Shelf:
    """One product with one picture: database, files and decoder."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, int], bytes] = {(PICTURE.id, 0): b"original"}
        self.resized: list[int] = []
        self.unused = [[f"p{i}" for i in range(100)], ["last"], []]
        self.removed: list[str] = []
        self.broken = False
        self.replays = self.carts = Answers()
        self.pictures = SimpleNamespace(of=self._of, take_unused=self._take_unused)

    async def _of(self, product_id: str, picture_id: str) -> Picture | None:
        return PICTURE if (product_id, picture_id) == ("lamp", PICTURE.id) else None

    async def _take_unused(self, since: datetime, limit: int) -> list[str]:
        return self.unused.pop(0)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Any]:
        if self.broken:
            raise ConnectionError
        yield self

    async def read(self, picture: Picture, width: int) -> bytes | None:
        return self.kept.get((picture.id, width))

    async def write(self, picture: Picture, width: int, content: bytes) -> None:
        self.kept[picture.id, width] = content

    async def remove(self, ids: Iterable[str]) -> None:
        self.removed += ids

    async def measure(self, content: bytes) -> tuple[int, int]:
        raise PictureRefused("it is never asked")

    async def resize(self, content: bytes, width: int, content_type: str) -> bytes:
        if self.broken:
            raise PictureRefused("it takes too long")
        await asyncio.sleep(0.01)
        self.resized.append(width)
        return b"%d" % width


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def pictures(shelf: Shelf) -> PictureUseCases:
    return PictureUseCases(shelf, shelf, shelf)


async def test_a_width_is_made_once_for_all_who_ask(shelf: Shelf, pictures: PictureUseCases) -> None:
    asking = [asyncio.create_task(pictures.render("lamp", PICTURE.id, 300)) for _ in range(5)]
    await asyncio.sleep(0)
    asking[0].cancel()
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert {answer.content for answer in answers if not isinstance(answer, BaseException)} == {b"320"}
    assert (await pictures.render("lamp", PICTURE.id, 320)).content_type == "image/webp"
    assert shelf.resized == [320]


async def test_a_picture_is_never_enlarged(shelf: Shelf, pictures: PictureUseCases) -> None:
    found = await pictures.render("lamp", PICTURE.id, 400)
    assert (found.content, found.content_type, shelf.resized) == (b"original", "image/png", [])


async def test_a_decoder_that_fails_later_leaves_the_original(shelf: Shelf, pictures: PictureUseCases) -> None:
    files = Shelf()
    files.broken = True
    found = await PictureUseCases(shelf, files, files).render("lamp", PICTURE.id, 80)
    assert (found.content, found.content_type, found.for_ever) == (b"original", "image/png", False)
    found = await pictures.render("lamp", PICTURE.id, 80)
    assert (found.content, found.content_type, found.for_ever) == (b"80", "image/webp", True)


async def test_a_picture_whose_file_is_lost_is_not_found(shelf: Shelf, pictures: PictureUseCases) -> None:
    shelf.kept.clear()
    for picture, width in ((PICTURE.id, 0), (PICTURE.id, 80), ("abcdef01", 0)):
        with pytest.raises(NotFound):
            await pictures.render("lamp", picture, width)


async def test_sweeping_goes_on_to_the_end_and_after_a_failure(shelf: Shelf, pictures: PictureUseCases) -> None:
    sweeper = Sweeper(shelf, pictures, every_s=0.01, unused_s=0)
    shelf.broken = True
    running = asyncio.create_task(sweeper.run())
    await asyncio.sleep(0.05)
    assert (running.done(), shelf.removed) == (False, [])
    shelf.broken = False
    async with asyncio.timeout(5):
        while not shelf.removed[100:]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    running.cancel()
    assert shelf.removed[-1] == "last"
    assert len(shelf.removed) == 101
