"""What examining a stranger's picture may cost, and that no process outlives the call that it was started for."""

import asyncio
import time

import psutil
import pytest

from services.kit.pictures import MAX_BYTES, PictureRefused, WorkerPool, check
from tests.unit.catalog.images import hostile, picture, png

MODULE = "services.kit.encoders.picture_worker"
PREPARE: dict[str, object] = {
    "width": 8,
    "height": 8,
    "background": [0, 0, 0],
    "fit": "stretch",
    "resample": "bilinear",
}
MOST_S = 0.05
"""Of processor time, in which nothing else is answered."""
JPEG_UNITS = (b"\xff", b"\xff\xd0", b"\xff\xe0\x00\x02", b"\xff\xd8\xff\xd9")
EMPTY_CHUNK = b"\x00\x00\x00\x00teXt\x00\x00\x00\x00"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_honest_pictures_are_taken(kind: str) -> None:
    assert check(picture(kind)) == f"image/{kind.lower()}"


@pytest.mark.parametrize("what", ["truncated header", "JPEG without its end", "PNG without its end", "a name alone"])
def test_what_ends_too_early_is_refused(what: str) -> None:
    with pytest.raises(PictureRefused):
        check(hostile()[what])


def repeated() -> dict[str, bytes]:
    """Eight mebibytes of one thing again and again."""
    jpegs = {unit.hex(): b"\xff\xd8\xff" + unit[1:] + unit * (MAX_BYTES // len(unit) - 4) for unit in JPEG_UNITS}
    chunks = (MAX_BYTES - 100) // len(EMPTY_CHUNK)
    return {**jpegs, "empty chunks": png(9, 9, b"", EMPTY_CHUNK * chunks)}


@pytest.mark.parametrize("what", sorted(repeated()))
def test_what_repeats_is_refused_at_once(what: str) -> None:
    content = repeated()[what]
    assert len(content) <= MAX_BYTES
    started = time.process_time()
    with pytest.raises(PictureRefused):
        check(content)
    assert time.process_time() - started < MOST_S


@pytest.mark.parametrize("pause", [0.0, 0.005, 0.02, 0.05, 0.1])
async def test_a_call_that_is_given_up_leaves_no_process(pause: float) -> None:
    before = children()
    pool = WorkerPool(MODULE, workers=1, timeout_s=60, memory_mib=512)
    for _ in range(4):
        work = asyncio.create_task(pool.ask(PREPARE, picture()))
        await asyncio.sleep(pause)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    _, answer = await pool.ask(PREPARE, picture())
    assert len(answer) == 8 * 8 * 3
    await pool.aclose()
    for _ in range(100):
        if children() == before:
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"{len(children() - before)} processes are left")


def children() -> set[int]:
    """Processes of this one that run."""
    return {child.pid for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE}
