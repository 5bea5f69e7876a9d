"""What is taken as a picture, and the processes that decode them."""

import asyncio
import io
import random
import time
from contextlib import suppress

import pytest
from PIL import Image

from services.catalog.adapters import picture_worker
from services.catalog.adapters.decoder import DecoderPool
from services.kit.pictures import PictureRefused, check
from services.kit.pictures import end as picture_end
from tests.unit.catalog.images import hostile, picture, png, sideways

NOT_SEEN_BEFORE_DECODING = {"broken checksum", "bomb", "no image data"}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_honest_pictures_are_taken(kind: str) -> None:
    assert check(picture(kind)) == f"image/{kind.lower()}"


def test_a_jpeg_may_carry_padding_and_further_pictures() -> None:
    preview = picture(width=40)
    assert check(picture() + bytes(20)) == check(picture() + preview + preview) == "image/jpeg"


@pytest.mark.parametrize("what", sorted(hostile().keys() - NOT_SEEN_BEFORE_DECODING))
def test_what_is_no_picture_is_refused_before_it_is_decoded(what: str) -> None:
    with pytest.raises(PictureRefused):
        check(hostile()[what])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_no_bytes_break_the_examination(kind: str) -> None:
    chance = random.Random(7)
    whole = picture(kind, 64, 48)
    for _ in range(3_000):
        content = bytearray(whole[: chance.randrange(len(whole) + 1)] if chance.random() < 0.5 else whole)
        for _ in range(chance.randrange(4)):
            if content:
                content[chance.randrange(min(len(content), 200))] = chance.randrange(256)
        with suppress(PictureRefused):
            check(bytes(content))


async def test_the_decoder_measures_and_resizes() -> None:
    pool = DecoderPool(workers=1, timeout_s=30, memory_mib=512)
    try:
        assert await pool.measure(sideways(40, 20)) == (20, 40)
        small = await pool.resize(picture("PNG", 400, 100), 80, "image/webp")
        assert await pool.measure(small) == (80, 20)
        for what in NOT_SEEN_BEFORE_DECODING:
            with pytest.raises(PictureRefused):
                await pool.measure(hostile()[what])
        assert await pool.measure(picture()) == (400, 300)
    finally:
        await pool.aclose()


def test_grey_of_sixteen_bits_keeps_its_shades() -> None:
    image, out = Image.new("I;16", (300, 200), 40_000), io.BytesIO()
    image.save(out, "PNG")
    small = Image.open(io.BytesIO(picture_worker.resize(out.getvalue(), 80, "WEBP")))
    assert small.convert("L").getpixel((40, 20)) == pytest.approx(40_000 / 256, abs=2)


async def test_a_picture_that_takes_too_long_or_too_much_is_refused() -> None:
    large = picture("PNG", 4_000, 4_000)
    hurried = DecoderPool(workers=1, timeout_s=0.001, memory_mib=512)
    narrow = DecoderPool(workers=1, timeout_s=60, memory_mib=80)
    try:
        with pytest.raises(PictureRefused, match="longer than"):
            await hurried.measure(large)
        with pytest.raises(PictureRefused):
            await narrow.measure(large)
    finally:
        await hurried.aclose()
        await narrow.aclose()


async def test_a_call_that_is_given_up_leaves_the_pool_whole() -> None:
    pool = DecoderPool(workers=1, timeout_s=60, memory_mib=512)
    try:
        for pause in (0.0, 0.01, 0.2):
            work = asyncio.create_task(pool.measure(picture("PNG", 2_000, 2_000)))
            await asyncio.sleep(pause)
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        assert await pool.measure(picture()) == (400, 300)
    finally:
        await pool.aclose()


def test_a_png_that_claims_too_much_says_how_much() -> None:
    with pytest.raises(PictureRefused, match="60000 x 60000"):
        check(png(60_000, 60_000, b""))


@pytest.mark.parametrize("unit", [b"\xff\xd8\xff\xd9", b"\xff", b"\xff\xd0", b"\xff\xe0\x00\x02"], ids=bytes.hex)
def test_eight_mebibytes_that_repeat_are_refused_at_once(unit: bytes) -> None:
    content = b"\xff\xd8" + unit * (8 * 1024 * 1024 // len(unit))
    started = time.process_time()
    with pytest.raises(PictureRefused):
        picture_end.check(content, "image/jpeg")
    with pytest.raises(PictureRefused):
        picture_end.check(b"\xff\xd8\xff\xd9" + content, "image/jpeg")
    # Hostile pictures never stop a process; what copied the rest for every one of them took minutes.
    assert time.process_time() - started < 2
