"""Who waits at the end of a feed gets the next change as soon as it can be seen."""

import asyncio
from collections.abc import Callable

import pytest

from services.kit import context, tail
from services.kit.tail import FIRST_LOOK_S, MARGIN_S, MOST_LOOK_S, Tail

LONG_S = 30.0
AT_ONCE_S = 5.0
"""Far less than the long wait, and enough on a busy machine."""


class Feed:
    """Changes that are there, and how often it was looked."""

    def __init__(self, tail: Tail) -> None:
        self.changes: list[str] = []
        self.looks = 0
        self.tail = tail
        self.at_look: Callable[[], None] = lambda: None

    async def read(self) -> tuple[list[str], str]:
        self.looks += 1
        found = list(self.changes)
        self.at_look()
        return found, str(len(found))

    async def wait(self, wait_s: float = LONG_S) -> tuple[list[str], str]:
        """The page, which comes long before the wait is over."""
        async with asyncio.timeout(AT_ONCE_S):
            return await self.tail.page(self.read, wait_s)


@pytest.fixture
def feed() -> Feed:
    return Feed(Tail())


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(AT_ONCE_S):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0)


async def test_what_is_there_is_not_waited_for(feed: Feed) -> None:
    feed.changes.append("lamp")
    assert await feed.wait() == (["lamp"], "1")
    assert feed.looks == 1


async def test_without_a_wait_the_end_is_an_empty_page(feed: Feed) -> None:
    assert await feed.wait(0) == ([], "0")
    assert feed.looks == 1


async def test_everybody_who_waits_is_woken_by_a_change(feed: Feed) -> None:
    waiting = [asyncio.create_task(feed.wait()) for _ in range(3)]
    await _until(lambda: feed.looks == 3)
    feed.changes.append("lamp")
    feed.tail.hint()
    assert await asyncio.gather(*waiting) == [(["lamp"], "1")] * 3


async def test_a_change_that_comes_while_it_is_looked_is_not_missed(feed: Feed) -> None:
    def comes() -> None:
        feed.at_look = lambda: None
        feed.changes.append("lamp")
        feed.tail.hint()

    feed.at_look = comes
    assert await feed.wait() == (["lamp"], "1")


async def test_a_change_that_an_earlier_transaction_holds_back_is_looked_for_until_it_is_seen(feed: Feed) -> None:
    waiting = asyncio.create_task(feed.wait())
    await _until(lambda: feed.looks == 1)
    feed.tail.hint()
    await _until(lambda: feed.looks == 4)
    assert not waiting.done()
    feed.changes.append("lamp")  # of which nobody tells any more
    assert await waiting == (["lamp"], "1")


async def test_a_change_that_is_held_back_beyond_a_wait_is_looked_for_by_the_next_ones(feed: Feed) -> None:
    waiting = asyncio.create_task(feed.wait(0.2))
    await _until(lambda: feed.looks == 1)
    feed.tail.hint()
    assert await waiting == ([], "0")
    assert await feed.wait(0.2) == ([], "0")
    again = asyncio.create_task(feed.wait())
    await asyncio.sleep(0.1)
    feed.changes.append("lamp")  # of which nobody tells any more
    assert await again == (["lamp"], "1")


async def test_what_is_never_seen_is_not_looked_for_for_ever(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the connection was lost it is told that there may be something, and mostly there is nothing."""
    monkeypatch.setattr(tail, "HELD_S", 0.3)
    waiting = asyncio.create_task(feed.wait(0.5))
    await _until(lambda: feed.looks == 1)
    feed.tail.hint()
    assert await waiting == ([], "0")
    feed.looks = 0
    assert await feed.wait(2 * MOST_LOOK_S) == ([], "0")
    assert feed.looks == 1


async def test_many_changes_that_are_held_back_are_looked_for_together(feed: Feed) -> None:
    wait_s = 1.0
    waiting = asyncio.create_task(feed.wait(wait_s))
    while not waiting.done():
        feed.tail.hint()
        await asyncio.sleep(0.001)
    assert feed.looks <= 2 + wait_s / FIRST_LOOK_S, "each would be a query, of each who waits"


async def test_a_wait_without_a_change_is_one_look_and_an_empty_page(feed: Feed) -> None:
    assert await feed.wait(2 * MOST_LOOK_S) == ([], "0")
    assert feed.looks == 1


async def test_what_nobody_told_of_is_found_by_the_next_wait(feed: Feed) -> None:
    waiting = asyncio.create_task(feed.wait(0.05))
    await _until(lambda: feed.looks == 1)
    feed.changes.append("lamp")
    assert await waiting == ([], "0")
    assert await feed.wait() == (["lamp"], "1")


async def test_nobody_waits_once_the_service_stops(feed: Feed) -> None:
    waiting = asyncio.create_task(feed.wait())
    await _until(lambda: feed.looks == 1)
    feed.tail.end()
    assert await waiting == ([], "0")
    assert await feed.wait() == ([], "0")


async def test_more_than_so_many_do_not_wait(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "MOST_WAITING", 2)
    waiting = [asyncio.create_task(feed.wait()) for _ in range(2)]
    await _until(lambda: feed.looks == 2)
    assert await feed.wait() == ([], "0")
    feed.changes.append("lamp")
    feed.tail.hint()
    assert await asyncio.gather(*waiting) == [(["lamp"], "1")] * 2
    feed.changes.clear()
    assert await feed.wait(0.05) == ([], "0"), "their places are free again"


async def test_no_call_waits_beyond_its_time(feed: Feed) -> None:
    now = asyncio.get_running_loop().time()
    context.enter(context.CallState("r", deadline=now + MARGIN_S + 0.1))
    assert await feed.wait() == ([], "0")
    assert context.time_remaining() > 0
