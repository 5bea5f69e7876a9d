"""A process that brings pictures to an encoder's size and does nothing else: a hostile one can kill it, and it alone.

It does what the trainer did, by the same specification and the same library; golden rows hold the two to each other.
"""

import io
from typing import Any

from PIL import Image, ImageOps

from services.kit.pictures.frames import serve

FORMATS = ("JPEG", "PNG", "WEBP")
RESAMPLE = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
LARGE_PIXELS = 4_000_000
"""Larger ones are made smaller before anything else: of 25 megapixels every copy takes 100 MB."""
SPARE = 4
"""How much larger than the encoder's a picture is left by that."""


def main() -> None:
    """Answers until stdin ends."""
    Image.MAX_IMAGE_PIXELS = None  # the header was measured before the bytes came here
    Image.preinit()
    serve(lambda task, content: ({}, prepare(content, task)))


def prepare(content: bytes, spec: dict[str, Any]) -> bytes:
    """The picture upright, flattened and in the specification's size: height x width x 3 bytes.

    Raises:
        Exception: it does not decode to its end.
    """
    size = (int(spec["width"]), int(spec["height"]))
    background = tuple(spec["background"])
    with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
        large = opened.width * opened.height > LARGE_PIXELS
        if large:
            # Lets a JPEG be decoded at an eighth to a half of its size.
            opened.draft(None, (size[0] * SPARE, size[1] * SPARE))
        opened.load()
        picture = _smaller(opened, size) if large else opened
        flat = _flat(ImageOps.exif_transpose(picture), background)
    if spec["fit"] == "pad":
        return ImageOps.pad(flat, size, method=RESAMPLE[spec["resample"]], color=background).tobytes()
    return flat.resize(size, RESAMPLE[spec["resample"]]).tobytes()


def _smaller(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    factor = min(picture.width // (size[0] * SPARE), picture.height // (size[1] * SPARE))
    if factor < 2:
        return picture
    exif = picture.info.get("exif")
    if picture.mode in ("P", "PA", "1"):
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    reduced = picture.reduce(factor)
    if exif:
        reduced.info["exif"] = exif
    return reduced


def _flat(picture: Image.Image, background: tuple[int, ...]) -> Image.Image:
    """RGB, with the background behind what lets light through."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        flat = Image.new("RGB", picture.size, background)
        flat.paste(clear, mask=clear.getchannel("A"))
        return flat
    return picture.convert("RGB")


if __name__ == "__main__":
    main()
