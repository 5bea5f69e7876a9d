import asyncio

import pytest

from services.kit.beside import Beside


async def test_work_goes_on_beside_until_its_end_is_asked_for() -> None:
    beside, may_end = Beside(), asyncio.Event()
    assert beside.over()

    async def work() -> None:
        await may_end.wait()

    beside.begin(work())
    await asyncio.sleep(0)
    assert not beside.over()
    may_end.set()
    await beside.end()
    assert beside.over()


async def test_what_the_work_raised_is_raised_once() -> None:
    async def fails() -> None:
        raise ConnectionError("gone")

    beside = Beside()
    beside.begin(fails())
    await asyncio.sleep(0)
    with pytest.raises(ConnectionError):
        beside.over()
    assert beside.over()
    beside.begin(fails())
    with pytest.raises(ConnectionError):
        await beside.end()


async def test_work_that_is_given_up_ends() -> None:
    beside, ended = Beside(), asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    beside.begin(work())
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError):
        beside.begin(work())
    await beside.give_up()
    assert ended.is_set()
    assert beside.over()


async def test_what_failed_and_was_given_up_is_nobodys() -> None:
    async def fails() -> None:
        raise ConnectionError("gone")

    beside = Beside()
    beside.begin(fails())
    await asyncio.sleep(0)
    await beside.give_up()
    assert beside.over()
