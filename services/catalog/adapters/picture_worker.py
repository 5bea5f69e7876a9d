"""A process that decodes pictures and nothing else: a hostile one can kill it, and it alone."""

import io
from typing import Any

from PIL import Image, ImageOps

from services.kit.pictures.frames import serve

FORMATS = ("JPEG", "PNG", "WEBP")
QUALITY = 82
TALLEST = 16_383
"""The most that WebP can hold."""


def main() -> None:
    """Answers until stdin ends."""
    Image.MAX_IMAGE_PIXELS = None  # the header was measured before the bytes came here
    Image.preinit()
    serve(_work)


def _work(task: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
    if task["do"] == "measure":
        width, height = measure(content)
        return {"width": width, "height": height}, b""
    return {}, resize(content, int(task["width"]), str(task["format"]))


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
