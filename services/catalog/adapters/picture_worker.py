"""A process that decodes pictures and nothing else: a hostile one can kill it, and it alone.

Frames on stdin and stdout: two big-endian 32-bit lengths, a JSON header, the bytes. It ends with its stdin.
"""

import io
import json
import resource
import struct
import sys
from typing import BinaryIO

from PIL import Image, ImageOps

LENGTHS = struct.Struct(">II")
FORMATS = ("JPEG", "PNG", "WEBP")
QUALITY = 82
TALLEST = 16_383
"""The most that WebP can hold."""


def main() -> None:
    """Answers frames until stdin ends."""
    limit = int(sys.argv[1]) * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    Image.MAX_IMAGE_PIXELS = None  # the header was measured before the bytes came here
    Image.preinit()
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    while lengths := stdin.read(LENGTHS.size):
        header_length, content_length = LENGTHS.unpack(lengths)
        task = json.loads(stdin.read(header_length))
        header, content = _answer(task, stdin.read(content_length))
        _send(stdout, header, content)


def _send(stdout: BinaryIO, header: dict[str, object], content: bytes) -> None:
    encoded = json.dumps(header).encode()
    stdout.write(LENGTHS.pack(len(encoded), len(content)) + encoded + content)
    stdout.flush()


def _answer(task: dict[str, object], content: bytes) -> tuple[dict[str, object], bytes]:
    try:
        if task["do"] == "measure":
            width, height = measure(content)
            return {"width": width, "height": height}, b""
        return {}, resize(content, int(str(task["width"])), str(task["format"]))
    except MemoryError:
        return {"refused": "it takes too much memory to decode"}, b""
    except Exception as error:  # a decoder may raise anything, and all of it means the same
        return {"refused": "it cannot be decoded", "cause": f"{type(error).__name__}: {error}"[:200]}, b""


def measure(content: bytes) -> tuple[int, int]:
    """Decodes the whole picture; returns width and height as shown.

    Raises:
        Exception: it does not decode to its end.
    """
    with Image.open(io.BytesIO(content), formats=FORMATS) as probe:
        probe.verify()  # checksums and the end of a PNG, which loading does not reach
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        picture.load()
        if picture.format == "JPEG" and b"\xff\xd9" not in content[-65536:]:
            raise OSError("no end of image")
        sideways = picture.getexif().get(0x0112) in (5, 6, 7, 8)
        return (picture.height, picture.width) if sideways else (picture.width, picture.height)


def resize(content: bytes, width: int, target: str) -> bytes:
    """The picture at most `width` wide, upright, as JPEG or WEBP. Never larger than it is."""
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        profile = picture.info.get("icc_profile")
        # Lets a JPEG be decoded at an eighth to a half of its size; twice what is needed keeps it sharp.
        picture.draft(None, (width * 2, width * 2))
        upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):
        # Grey of 16 bits: converting it would cut off everything that is brighter than a 256th.
        upright = upright.point(lambda grey: grey / 256).convert("L")
    mode = "RGBA" if target == "WEBP" and upright.has_transparency_data else "RGB"
    if upright.mode != mode:
        upright = upright.convert(mode)
    upright.thumbnail((width, TALLEST), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    # A profile of another colour space would be wrong beside the converted pixels.
    keep = {"icc_profile": profile} if profile and mode == picture.mode else {}
    upright.save(out, target, quality=QUALITY, **({"progressive": True} if target == "JPEG" else {"method": 4}), **keep)
    return out.getvalue()


if __name__ == "__main__":
    main()
