"""Golden rows: texts and pictures with the inputs and vectors that training made of them.

Whoever prepares inputs by the specification must make the same inputs, bit for bit; whoever runs the models must find
the same vectors within TOLERANCE.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trainers.encoders import pictures
from trainers.encoders.runtime import Pictures, Texts, Vectors
from trainers.encoders.spec import PictureSpec, TextSpec
from trainers.encoders.texts import Tokens

TOLERANCE = 1e-4
"""Largest difference of any number of a vector of length 1. Float32 in another order differs by about 1e-6."""
INT8_TOLERANCE = 2e-2
"""The same for int8: processors multiply bytes in different ways (with and without VNNI), and ranges are those of a
whole batch."""
DECIMALS = 6
TEXTS = (
    "Nike Men Black Running Shoes",
    "a",
    "Łódź café – straße naïve",
    "something warm for the morning run",
    "123-456 size 9½ & 50% off!!!",
    "  spaces   and\ttabs\n",
    "кроссовки 运动鞋 👟",
    "word " * 300,
)
Rows = list[dict[str, Any]]


class ParityError(Exception):
    """An encoder computes something else than it was published with."""


def of_texts(spec: TextSpec, encode: Callable[[NDArray[np.int64], NDArray[np.int64]], Vectors]) -> Rows:
    """Rows of a text encoder; each text goes alone, so that none is padded."""
    tokens = Tokens(spec)
    rows = []
    for text in TEXTS:
        ids, mask = tokens([text])
        rows.append({"text": text, "input_ids": ids[0].tolist(), "vector": _numbers(encode(ids, mask)[0])})
    return rows


def of_pictures(spec: PictureSpec, encode: Callable[[pictures.Pixels], Vectors]) -> Rows:
    """Rows of a picture encoder: drawn pictures in every mode that a shop's pictures have."""
    rows = []
    for source in _drawn():
        pixels = pictures.pixels(source, spec)
        rows.append(
            {
                "picture": base64.b64encode(source).decode(),
                "pixels_sha256": digest(pixels),
                "vector": _numbers(encode(pixels[None])[0]),
            }
        )
    return rows


def digest(pixels: pictures.Pixels) -> str:
    """Tells whether two sides made the same pixels."""
    return hashlib.sha256(pixels.tobytes()).hexdigest()


def check_texts(rows: Sequence[Mapping[str, Any]], encoder: Texts, where: str, tolerance: float = TOLERANCE) -> float:
    """Prepares and encodes the texts again, alone and in one batch; returns the largest difference.

    Raises:
        ParityError: tokens or vectors differ.
    """
    tokens = Tokens(encoder.spec)
    texts = [row["text"] for row in rows]
    for text, row in zip(texts, rows, strict=True):
        ids, _ = tokens([text])
        if ids[0].tolist() != row["input_ids"]:
            raise ParityError(f"{where} makes other tokens of {text!r} than {encoder.spec.model} was trained with.")
    alone = np.concatenate([encoder.ids(*tokens([text])) for text in texts])
    together = encoder.ids(*tokens(texts))
    return max(_compare(rows, found, where, tolerance) for found in (alone, together))


def drift_of_texts(encoder: Texts) -> float:
    """How much it matters to a text what else is in the batch: int8 takes its ranges from the whole batch."""
    tokens = Tokens(encoder.spec)
    alone = np.concatenate([encoder.ids(*tokens([text])) for text in TEXTS])
    return float(np.abs(alone - encoder.ids(*tokens(TEXTS))).max())


def check_pictures(
    rows: Sequence[Mapping[str, Any]], encoder: Pictures, where: str, tolerance: float = TOLERANCE
) -> float:
    """Prepares and encodes the pictures again, alone and in one batch; returns the largest difference.

    Raises:
        ParityError: pixels or vectors differ.
    """
    made = []
    for row in rows:
        pixels = pictures.pixels(base64.b64decode(row["picture"]), encoder.spec)
        if digest(pixels) != row["pixels_sha256"]:
            raise ParityError(f"{where} makes other pixels of a picture than {encoder.spec.model} was trained with.")
        made.append(pixels)
    batch = np.stack(made)
    alone = np.concatenate([encoder.pixels(pixels[None]) for pixels in made])
    return max(_compare(rows, found, where, tolerance) for found in (alone, encoder.pixels(batch)))


def _compare(rows: Sequence[Mapping[str, Any]], found: Vectors, where: str, tolerance: float) -> float:
    difference = float(np.abs(np.array([row["vector"] for row in rows]) - found).max())
    if not difference <= tolerance:
        raise ParityError(
            f"{where} computes other vectors than were published: they differ by up to {difference:.2g}, "
            f"{tolerance:.0e} is allowed."
        )
    return difference


def _numbers(vector: NDArray[np.float32]) -> list[float]:
    return [round(float(number), DECIMALS) for number in vector]


def _drawn() -> list[bytes]:
    """Upright, wide, tiny, grey, see-through, and turned by its EXIF entry; PNG but for the last, which cannot say."""
    down, across = np.mgrid[0:120, 0:90]
    base = np.stack([down * 2, across * 2, (down + across) % 256], axis=-1).astype(np.uint8)
    upright = Image.fromarray(base)
    clear = Image.fromarray(np.dstack([base, (across * 2).astype(np.uint8)]))
    images = [upright, upright.rotate(90, expand=True), upright.resize((1, 1)), upright.convert("L"), clear]
    made = [_bytes(image, "PNG") for image in images]
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turned to the right
    return [*made, _bytes(upright, "JPEG", exif=exif, quality=90)]


def _bytes(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
