"""Finds where a picture ends, to refuse what hides behind one.

A file that is a picture to us and a program or an archive to somebody else begins as a picture and goes on as the
other. Sources: the PNG specification (3rd edition, 5.3), ITU T.81 B.1.1, RFC 9649.
"""

import re
import struct

from services.kit.pictures.jpeg import EOI, FILL, MOST_SEGMENTS, SOS, STANDALONE
from services.kit.pictures.kinds import JPEG, PNG, PictureRefused

_JPEG_START = b"\xff\xd8\xff"
_PADDING = b"\x00\xff\r\n "
# In entropy-coded data 0xFF is followed by 0x00 or a restart marker; anything else ends the scan.
_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
MOST_FURTHER = 16
"""Further JPEGs behind a first one: cameras write two or three."""
MOST_CHUNKS = 10_000
"""Chunks of a PNG: encoders write image data in chunks of 8 KiB or more, so that 8 MiB are a thousand."""


def check(content: bytes, content_type: str) -> None:
    """Follows the picture to its end.

    Raises:
        PictureRefused: it ends too early, or something that is no picture comes after its end.
    """
    try:
        at = _end(content, content_type)
        if content_type == JPEG:
            at = _further_end(content, at)
    except (struct.error, IndexError):
        raise PictureRefused("it is truncated") from None
    rest = content[at:]
    if rest.strip(_PADDING):
        raise PictureRefused(f"{len(rest):,} bytes that are no picture come after its end")


def _end(content: bytes, content_type: str) -> int:
    if content_type == JPEG:
        return _jpeg_end(content, 0)
    if content_type == PNG:
        return _png_end(content)
    (declared,) = struct.unpack_from("<I", content, 4)
    return int(declared) + 8


def _png_end(content: bytes) -> int:
    at: int = 8
    for _ in range(MOST_CHUNKS):
        length, kind = struct.unpack_from(">I4s", content, at)
        at += 12 + length
        if kind == b"IEND":
            if at > len(content):
                raise PictureRefused("it is truncated")
            return at
    raise PictureRefused(f"it has more than {MOST_CHUNKS:,} PNG chunks")


def _further_end(content: bytes, at: int) -> int:
    """Passes the small previews and depth maps that cameras write as further JPEGs behind the first one."""
    further = 0
    while content.startswith(_JPEG_START, at):
        if (further := further + 1) > MOST_FURTHER:
            raise PictureRefused(f"more than {MOST_FURTHER} further pictures come after its end")
        at = _jpeg_end(content, at)
    return at


def _jpeg_end(content: bytes, start: int) -> int:
    at = start + 2
    for _ in range(MOST_SEGMENTS):
        if (fill := FILL.match(content, at)) is None:
            raise PictureRefused("its JPEG segments are broken" if at < len(content) else "it is truncated")
        at = fill.end()
        marker = content[at]
        at += 1
        if marker == EOI:
            return at
        if marker in STANDALONE:
            continue
        (length,) = struct.unpack_from(">H", content, at)
        if length < 2:
            raise PictureRefused("its JPEG segments are broken")
        at += length
        if marker == SOS:
            at = _scan_end(content, at)
    raise PictureRefused(f"it has more than {MOST_SEGMENTS:,} JPEG segments")


def _scan_end(content: bytes, at: int) -> int:
    if (found := _SCAN_END.search(content, at)) is None:
        raise PictureRefused("it is truncated")
    return found.start()
