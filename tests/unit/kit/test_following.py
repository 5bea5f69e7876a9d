"""The pace at which a feed is followed."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

import pytest

from services.kit import following

POLL_S = 0.5


async def begins(step: Callable[[int], Awaitable[bool]], count: int) -> list[float]:
    """When each of the first steps began, in seconds after the first one."""
    began: list[float] = []

    async def counted() -> bool:
        began.append(time.monotonic())
        if len(began) == count:
            raise asyncio.CancelledError
        return await step(len(began))

    with contextlib.suppress(asyncio.CancelledError):
        async with asyncio.timeout(10):
            await following.follow("things", counted, POLL_S)
    return [at - began[0] for at in began]


async def test_changes_that_come_one_by_one_are_taken_together() -> None:
    async def at_once(_: int) -> bool:
        return False

    _, second, third = await begins(at_once, 3)
    assert second >= POLL_S
    assert third >= 2 * POLL_S


async def test_a_step_that_waited_for_its_change_is_followed_by_the_next() -> None:
    waited = []

    async def waits(_: int) -> bool:
        await asyncio.sleep(POLL_S)
        waited.append(time.monotonic())
        return False

    _, second = await begins(waits, 2)
    assert POLL_S <= second < 2 * POLL_S


async def test_what_is_waiting_already_is_not_rested_before() -> None:
    async def more(step: int) -> bool:
        return step < 5

    began = await begins(more, 6)
    assert began[4] < POLL_S <= began[5]


async def test_a_step_that_fails_is_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "RETRY_S", 0.01)

    async def fails(_: int) -> bool:
        raise OSError("gone")

    assert len(await begins(fails, 3)) == 3
