"""Who waits to be woken can always be ended."""

import asyncio

import pytest

from services.kit.waking import woken


async def test_whether_it_came() -> None:
    event = asyncio.Event()
    assert not await woken(event, 0.01)
    event.set()
    assert await woken(event, 60)


async def test_a_cancellation_at_the_moment_of_the_event_is_not_forgotten() -> None:
    event = asyncio.Event()
    waits = asyncio.create_task(woken(event, 60))
    await asyncio.sleep(0)
    event.set()
    waits.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waits


async def test_a_loop_that_waits_ends_when_it_is_woken_and_cancelled_at_once() -> None:
    event = asyncio.Event()

    async def loop() -> None:
        while True:
            event.clear()
            await woken(event, 0.01)

    for turns in range(8):
        task = asyncio.create_task(loop())
        for _ in range(turns):
            await asyncio.sleep(0)
        event.set()
        for _ in range(turns % 3):
            await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=1)
        assert done
