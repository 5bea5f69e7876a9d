"""Altered copies of pictures: the same photographs, cut, mirrored, shrunk, lit and compressed by strangers."""

import random
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageEnhance, ImageOps

from trainers.encoders import pictures
from trainers.encoders.spec import PictureSpec

OFTEN = 0.5
"""Share of the copies that undergo each alteration, whatever else they undergo."""
LEAST_KEPT = 0.65
"""Of the width and of the height is left by a cut."""
LEAST_SIZE = 0.6
"""Of the width and of the height is left where a copy is shrunk."""
LIGHT = 0.15
"""By how much brightness, contrast and colour change at most."""
QUALITIES = (25, 95)
"""Of the JPEG that a copy is sent as."""
LARGE = 2
"""Times the sides that the encoder sees: finer detail is lost there anyway, and large pictures are slow to alter."""
Alteration = Callable[[Image.Image, random.Random], Image.Image]


def copy(source: bytes | Path, spec: PictureSpec, dice: random.Random) -> bytes:
    """A picture as it may come back: some of the alterations, each by chance, and compressed.

    Raises:
        OSError: it is no picture that Pillow can read; names the file.
    """
    with pictures.opened(source) as image:
        image.draft("RGB", (LARGE * spec.width, LARGE * spec.height))
        made = pictures.flatten(ImageOps.exif_transpose(image), spec.background)
    made.thumbnail((LARGE * spec.width, LARGE * spec.height))
    for alter in (_cut, _mirrored, _shrunk, _lit):
        if dice.random() < OFTEN:
            made = alter(made, dice)
    out = BytesIO()
    made.save(out, "JPEG", quality=dice.randint(*QUALITIES))
    return out.getvalue()


def _cut(picture: Image.Image, dice: random.Random) -> Image.Image:
    width, height = (max(1, round(side * dice.uniform(LEAST_KEPT, 1))) for side in picture.size)
    left, top = dice.randint(0, picture.width - width), dice.randint(0, picture.height - height)
    return picture.crop((left, top, left + width, top + height))


def _mirrored(picture: Image.Image, _: random.Random) -> Image.Image:
    return ImageOps.mirror(picture)


def _shrunk(picture: Image.Image, dice: random.Random) -> Image.Image:
    share = dice.uniform(LEAST_SIZE, 1)
    width, height = (max(1, round(side * share)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.BICUBIC)


def _lit(picture: Image.Image, dice: random.Random) -> Image.Image:
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        picture = enhance(picture).enhance(dice.uniform(1 - LIGHT, 1 + LIGHT))
    return picture
