"""Reads kind and size from the first bytes of a picture, before anything decodes it.

The size that a header claims is what a decoder would allocate: a file of a few bytes may claim gigabytes. Sources: the
PNG specification (3rd edition, 11.2.1), ITU T.81 B.2 (JPEG), RFC 9649 (WebP).
"""

import struct

from services.kit.pictures.jpeg import EOI, FILL, MOST_SEGMENTS, SOS, STANDALONE
from services.kit.pictures.kinds import JPEG, MAX_BYTES, MAX_PIXELS, PNG, WEBP, PictureRefused

_PNG_START = b"\x89PNG\r\n\x1a\n"
# Start-of-frame markers: baseline, extended, progressive, lossless and their arithmetic-coded kin.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def check(content: bytes) -> str:
    """The MIME type of a picture whose kind and size are taken.

    Raises:
        PictureRefused: not a JPEG, PNG or WebP, or larger than 8 MiB or 25 megapixels.
    """
    if len(content) > MAX_BYTES:
        raise PictureRefused(f"it has {len(content):,} bytes; at most {MAX_BYTES:,} are taken")
    try:
        content_type, width, height = _read(content)
    except (struct.error, IndexError):
        raise PictureRefused("it ends before its size is told") from None
    if width < 1 or height < 1:
        raise PictureRefused("it has no size")
    if width * height > MAX_PIXELS:
        raise PictureRefused(f"it has {width} x {height} pixels; at most {MAX_PIXELS:,} are taken")
    return content_type


def _read(content: bytes) -> tuple[str, int, int]:
    if content.startswith(_PNG_START):
        if content[12:16] != b"IHDR":
            raise PictureRefused("it is a PNG that does not begin with its header")
        width, height = struct.unpack_from(">II", content, 16)
        return PNG, width, height
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG, *_jpeg_size(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP, *_webp_size(content)
    raise PictureRefused("it is not a JPEG, PNG or WebP")


def _jpeg_size(content: bytes) -> tuple[int, int]:
    at = 2
    for _ in range(MOST_SEGMENTS):
        if (fill := FILL.match(content, at)) is None:
            raise PictureRefused("its JPEG segments are broken" if at < len(content) else "it is truncated")
        at = fill.end()
        marker = content[at]
        at += 1
        if marker in STANDALONE:
            continue
        (length,) = struct.unpack_from(">H", content, at)
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", content, at + 3)
            return width, height
        if marker in (EOI, SOS) or length < 2:
            raise PictureRefused("its JPEG segments are broken")
        at += length
    raise PictureRefused(f"it has more than {MOST_SEGMENTS:,} JPEG segments")


def _webp_size(content: bytes) -> tuple[int, int]:
    (declared,) = struct.unpack_from("<I", content, 4)
    if declared + 8 > len(content):
        raise PictureRefused("it is truncated")
    kind = content[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
    elif kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        width, height = (size & 0x3FFF for size in struct.unpack_from("<HH", content, 26))
    else:
        raise PictureRefused("it is a WebP of no known kind")
    return width, height
