"""Image-to-image: an altered copy of a product's picture asks for that product."""

import random
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from trainers.encoders.pictures import opened
from trainers.evaluation.search import metrics
from trainers.evaluation.search.metrics import Scores

KEPT = 0.8
"""Of the width and of the height is left by a crop: two thirds of the picture."""
QUALITY = 40
"""Of a picture that somebody sent on."""
FIRST = 3
"""Places among which the product has to stand."""
BATCH = 256
Alteration = Callable[[Image.Image, random.Random], bytes]
Look = Callable[[Sequence[bytes | Path]], Scores]


def crop(picture: Image.Image, dice: random.Random) -> bytes:
    """A part of the picture, anywhere in it."""
    width, height = (max(1, round(side * KEPT)) for side in picture.size)
    left, top = dice.randint(0, picture.width - width), dice.randint(0, picture.height - height)
    return _jpeg(picture.crop((left, top, left + width, top + height)), 90)


def mirror(picture: Image.Image, _: random.Random) -> bytes:
    """Left and right exchanged."""
    return _jpeg(ImageOps.mirror(picture), 90)


def recompress(picture: Image.Image, _: random.Random) -> bytes:
    """Compressed again, and strongly."""
    return _jpeg(picture, QUALITY)


ALTERATIONS: Mapping[str, Alteration] = {"crop": crop, "mirror": mirror, "recompressed": recompress}


def altered(source: bytes | Path, how: str, dice: random.Random) -> bytes:
    """A picture as somebody might send it, by the name of the alteration."""
    with opened(source) as picture:
        return ALTERATIONS[how](ImageOps.exif_transpose(picture).convert("RGB"), dice)


def measure(pictures: Sequence[Path], rankers: Mapping[str, Look], most: int, seed: int = 7) -> dict[str, Any]:
    """Estimates by alteration and ranker; the questions are copies of some of the corpus's own pictures.

    Args:
        pictures: of the corpus, one a product.
        rankers: from pictures to scores of all products, by name.
        most: questions of each alteration.
        seed: of the choice, and of where a picture is cut.
    """
    dice = random.Random(seed)  # noqa: S311 - no secret
    asked = sorted(dice.sample(range(len(pictures)), min(most, len(pictures))))
    found: dict[str, Any] = {}
    for how in ALTERATIONS:
        copies = [altered(pictures[place], how, dice) for place in asked]
        found[f"image-to-image: {how}"] = {
            "questions": len(copies),
            "documents": len(pictures),
            "rankers": {name: _estimates(copies, asked, look) for name, look in rankers.items()},
        }
    return found


def _estimates(copies: Sequence[bytes], asked: Sequence[int], look: Look) -> Mapping[str, metrics.Estimate]:
    parts = []
    for begin in range(0, len(copies), BATCH):
        right = [np.array([place]) for place in asked[begin : begin + BATCH]]
        parts.append(metrics.of_scores(look(copies[begin : begin + BATCH]), right))
    return metrics.estimates({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()
