"""Pictures as encoders see them."""

import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from services.kit.encoders.picture_worker import prepare
from trainers.encoders import golden, pictures
from trainers.encoders.spec import PictureSpec

UPRIGHT = PictureSpec("clip_image", "clip", 256, 24, 32, "squash", "bicubic", (255, 255, 255))
PADDED = PictureSpec("clip_image", "clip", 256, 40, 40, "pad", "bicubic", (255, 255, 255))


def png(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def test_one_picture_squeezed_and_upright_looks_the_same() -> None:
    ramp = np.tile(np.linspace(0, 255, 120).astype(np.uint8)[:, None, None], (1, 90, 3))
    image = Image.fromarray(ramp)
    upright, squeezed = pictures.pixels(png(image), UPRIGHT), pictures.pixels(png(image.resize((120, 120))), UPRIGHT)
    assert upright.shape == (32, 24, 3)
    assert np.abs(upright.astype(int) - squeezed).max() <= 3


def test_what_lets_light_through_stands_before_the_background() -> None:
    found = pictures.pixels(png(Image.new("RGBA", (9, 12), (255, 0, 0, 0))), UPRIGHT)
    assert (found == 255).all()


def test_padding_keeps_the_shape() -> None:
    found = pictures.pixels(png(Image.new("RGB", (10, 20), (0, 0, 0))), PADDED)
    dark = (found == 0).all(axis=2)
    assert dark.any(axis=0).sum() == 20
    assert dark.any(axis=1).sum() == 40


@pytest.mark.parametrize("spec", [UPRIGHT, PADDED], ids=["squash", "pad"])
def test_search_makes_the_same_pixels_bit_for_bit(spec: PictureSpec) -> None:
    rows = golden.of_pictures(spec, lambda batch: np.zeros((len(batch), 2), np.float32))
    assert len(rows) == 6
    for row in rows:
        served = prepare(base64.b64decode(row["picture"]), spec.to_json())
        found = np.frombuffer(served, np.uint8).reshape(spec.height, spec.width, 3)
        assert golden.digest(found) == row["pixels_sha256"]
