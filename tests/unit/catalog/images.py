"""Pictures for tests: honest and hostile."""

import io
import struct
import zlib
from functools import cache

from PIL import Image


def picture(kind: str = "JPEG", width: int = 400, height: int = 300, colour: tuple[int, ...] = (200, 30, 30)) -> bytes:
    """A picture with a gradient, so that its size says something."""
    mode = "RGBA" if len(colour) == 4 else "RGB"
    image = Image.new(mode, (width, height), colour)
    image.paste(Image.linear_gradient("L").resize((width // 2, height)), (0, 0))
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def sideways(width: int, height: int) -> bytes:
    """A JPEG that is stored lying and says that it stands."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (width, height), (10, 90, 30)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, data: bytes, more: bytes = b"") -> bytes:
    """A PNG that claims a size, with whatever image data."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@cache
def hostile() -> dict[str, bytes]:
    """Bytes that are no pictures, by what is wrong with them."""
    jpeg, whole = picture(), picture("PNG")
    broken = bytearray(whole)
    broken[len(broken) // 2] ^= 0xFF
    return {
        "text": b"<html><script>alert(1)</script></html>",
        "gif": picture("GIF"),
        "bmp": picture("BMP"),
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "a name alone": b"\xff\xd8\xff",
        "truncated header": jpeg[:12],
        "truncated JPEG": jpeg[: len(jpeg) // 2],
        "JPEG without its end": jpeg[:-2],
        "truncated PNG": whole[: len(whole) // 2],
        "PNG without its end": whole[:-12],
        "truncated WebP": picture("WEBP")[:-40],
        "broken checksum": bytes(broken),
        "claims gigabytes": png(60_000, 60_000, zlib.compress(b"")),
        "bomb": png(5_000, 4_999, zlib.compress(bytes(100)), chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8)))),
        "no size": png(0, 10, zlib.compress(b"")),
        "no image data": png(4_000, 4_000, zlib.compress(bytes(10))),
        "archive behind a PNG": whole + b"PK\x03\x04" + bytes(40),
        "page behind a JPEG": jpeg + b"<script>alert(1)</script>",
        "page behind a WebP": picture("WEBP") + b"<script>alert(1)</script>",
        "archive that ends as a JPEG": jpeg + b"PK\x05\x06" + bytes(18) + b"\xff\xd9",
    }
