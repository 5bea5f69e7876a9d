"""Pictures that a stranger might send to do harm."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import cache

from PIL import Image

SEED = 4
MOST = 8 * 2**20 - 200_000
"""Bytes of a large one: with a good picture beside them they are as many as are taken."""


def pictures(count: int) -> Iterator[tuple[str, bytes]]:
    """(what it is, bytes), the same ones every time."""
    dice = random.Random(SEED)
    kinds = (truncated, mutated, wrong_type, polyglot, claiming, noise, many_segments, fill, many_chunks)
    for number in range(count):
        # A bomb takes the decoder a second: some are enough.
        kind = bomb if number % 40 == 0 else kinds[number % len(kinds)]
        yield f"{kind.__name__}-{number}", kind(dice)


def good(dice: random.Random, kind: str = "") -> bytes:
    """A picture that nothing is wrong with."""
    file = io.BytesIO()
    size = dice.randint(8, 200), dice.randint(8, 200)
    image = Image.effect_noise(size, 60).convert("RGB")
    image.save(file, kind or dice.choice(["JPEG", "PNG", "WEBP"]))
    return file.getvalue()


def truncated(dice: random.Random) -> bytes:
    """One that ends too early."""
    whole = good(dice)
    return whole[: dice.randrange(1, len(whole))]


def mutated(dice: random.Random) -> bytes:
    """One in which some bytes are others."""
    content = bytearray(good(dice))
    for _ in range(dice.randint(1, 12)):
        content[dice.randrange(len(content))] = dice.randrange(256)
    return bytes(content)


def wrong_type(dice: random.Random) -> bytes:
    """Another kind of picture, or none at all."""
    kind = dice.choice(["GIF", "BMP", "TIFF", "ICO", "PPM", "svg", "zip", "html", "empty-ish"])
    if kind == "svg":
        return b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    if kind == "zip":
        return _zip()
    if kind == "html":
        return b"<html><script>alert(1)</script></html>"
    if kind == "empty-ish":
        return dice.choice([b"\x00", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBP"])
    file = io.BytesIO()
    Image.new("RGB", (16, 16), (1, 2, 3)).save(file, kind)
    return file.getvalue()


def polyglot(dice: random.Random) -> bytes:
    """A picture that is something else, too."""
    behind = dice.choice([_zip(), b"<script>alert(1)</script>", b"#!/bin/sh\nrm -rf /\n", b"%PDF-1.7\n"])
    return good(dice) + behind


def claiming(dice: random.Random) -> bytes:
    """A small file whose header says that it is huge."""
    width, height = dice.choice([(65535, 65535), (2**31 - 1, 1), (50_000, 50_000), (0, 10), (5001, 5000)])
    if dice.random() < 0.5:
        return _png(width, height, zlib.compress(b"\x00" * 100))
    frame = struct.pack(">HBHHB", 17, 8, height & 0xFFFF, width & 0xFFFF, 3) + bytes(9)
    return b"\xff\xd8\xff\xc0" + frame + b"\xff\xd9"


def bomb(dice: random.Random) -> bytes:
    """As large as is taken, of next to no bytes."""
    return _bomb(dice.choice([5000, 4900]), dice.random() < 0.5)


@cache
def _bomb(side: int, deep: bool) -> bytes:
    row = b"\x00" + bytes(side * (8 if deep else 4))
    packer = zlib.compressobj(1)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    return _png(side, side, data, depth=16 if deep else 8, colour=6)


def noise(dice: random.Random) -> bytes:
    """Random bytes, some behind the beginning of a picture."""
    start = dice.choice([b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\xff\xff\xff\x7fWEBPVP8 "])
    return start + dice.randbytes(dice.randint(10, 20_000))


def many_segments(dice: random.Random) -> bytes:
    """A JPEG of thousands of segments, or of thousands of JPEGs."""
    if dice.random() < 0.5:
        return b"\xff\xd8" + b"\xff\xfe\x00\x02" * dice.randint(20_000, 200_000) + b"\xff\xd9"
    return good(dice, "JPEG") * dice.randint(50, 200)


def fill(dice: random.Random) -> bytes:
    """A JPEG of nothing but what may stand in front of a marker, or of markers without a segment."""
    unit = dice.choice([b"\xff", b"\xff\xd0"])
    return b"\xff\xd8\xff" + unit[1:] + unit * (MOST // len(unit))


def many_chunks(dice: random.Random) -> bytes:
    """A PNG of as many chunks as have room, all empty."""
    chunk = struct.pack(">I4sI", 0, b"teXt", zlib.crc32(b"teXt"))
    whole = good(dice, "PNG")
    return whole[:33] + chunk * (MOST // len(chunk)) + whole[33:]


def _png(width: int, height: int, data: bytes, depth: int = 8, colour: int = 2) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("evil.sh", "rm -rf /")
    return file.getvalue()
