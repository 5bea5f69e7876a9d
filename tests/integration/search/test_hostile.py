"""200 pictures of strangers who mean harm."""

import asyncio
import resource
import time
from collections import Counter

import grpc
import psutil
import pytest
from aisle.search.v1 import search_service_pb2 as pb

from tests.integration.search import hostile
from tests.integration.search.conftest import Shop, until
from tests.integration.search.encoders import COLOURS
from tests.integration.search.merchant import picture

pytestmark = pytest.mark.asyncio(loop_scope="session")
COUNT = 200
MOST_S, MOST_MB = 2.0, 300
"""What a picture may cost."""
MOST_WALL_S = 10.0
"""Until it is answered: a decoder may take five seconds here, and the machine does much else."""


async def test_hostile_pictures(shop: Shop) -> None:
    codes, slow, said, largest = Counter[str](), list[str](), list[str](), 0.0
    for name, content in hostile.pictures(COUNT):
        began, started = _seconds(), time.monotonic()
        try:
            await shop.search(image=content)
            code = "OK"
        except grpc.aio.AioRpcError as error:
            code = error.code().name
            said.append(error.details() or "")
        codes[code] += 1
        if _seconds() - began > MOST_S or time.monotonic() - started > MOST_WALL_S:
            slow.append(name)
        largest = max([largest, *(memory / 1e6 for memory in _decoders())])
    assert set(codes) <= {"OK", "INVALID_ARGUMENT"}, codes
    assert codes["INVALID_ARGUMENT"] > COUNT / 2
    assert all(text.startswith("image: is refused: ") for text in said), said
    assert slow == []
    assert 0 < largest < MOST_MB
    # And the next honest picture is searched with as before.
    assert len(await shop.ids(image=picture(COLOURS["red"]), page_size=2)) == 2


async def test_calls_that_are_given_up_leave_no_decoder(shop: Shop) -> None:
    pools = shop.settings.picture_workers + shop.worker_settings.picture_workers
    slow = next(content for name, content in hostile.pictures(1) if name.startswith("bomb"))
    for number in range(12):
        call = shop.stub.Search(pb.SearchRequest(image=slow), timeout=20)
        await asyncio.sleep(0.03 + number * 0.02)  # while one starts, or is at work
        call.cancel()

    async def few() -> bool:
        return len(_decoders()) <= pools

    await until(few, 10, "decoders to end that nobody asks any more")
    assert len(await shop.ids(image=picture(COLOURS["red"]), page_size=2)) == 2


def _seconds() -> float:
    """Processor time of the service and its decoders, also of those that were killed for what they took.

    How long it takes by the clock depends on what else the machine does.
    """
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    processes = [psutil.Process(), *psutil.Process().children()]
    living = sum(sum(process.cpu_times()[:2]) for process in processes if process.is_running())
    return ended.ru_utime + ended.ru_stime + living


def _decoders() -> list[int]:
    """The most memory that each decoding process ever had."""
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            if any("picture_worker" in part for part in child.cmdline()):
                found.append(_peak(child.pid))
        except psutil.Error:
            continue
    return found


def _peak(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return 0
