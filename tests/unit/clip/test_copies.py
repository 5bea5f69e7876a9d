"""Altered copies that the components of looks are taken from."""

import random
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainers.clip import copies
from trainers.encoders.spec import PictureSpec

SPEC = PictureSpec("look_image", "look", 8, 48, 64, "squash", "bicubic", (255, 255, 255))


def drawn(width: int, height: int) -> Image.Image:
    """Darker to the left."""
    return Image.fromarray(np.tile(np.linspace(0, 250, width).astype(np.uint8), (height, 1))).convert("RGB")


def copy(source: bytes | Path, seed: int) -> Image.Image:
    return Image.open(BytesIO(copies.copy(source, SPEC, random.Random(seed))))


def test_the_same_dice_make_the_same_copy(tmp_path: Path) -> None:
    drawn(60, 80).save(tmp_path / "a.png")
    first, second = (copies.copy(tmp_path / "a.png", SPEC, random.Random(3)) for _ in range(2))
    assert first == second


def test_copies_are_cut_mirrored_and_shrunk_by_chance(tmp_path: Path) -> None:
    drawn(60, 80).save(tmp_path / "a.png")
    made = [copy(tmp_path / "a.png", seed) for seed in range(40)]
    mirrored = [
        np.asarray(image.convert("L"))[:, 0].mean() > np.asarray(image.convert("L"))[:, -1].mean() for image in made
    ]
    assert 8 < sum(mirrored) < 32
    assert any(image.size == (60, 80) for image in made)
    assert any(image.size != (60, 80) for image in made)
    least = copies.LEAST_KEPT * copies.LEAST_SIZE
    assert all(image.width >= 60 * least - 1 and image.height >= 80 * least - 1 for image in made)


def test_large_pictures_are_made_small_before_they_are_altered(tmp_path: Path) -> None:
    drawn(3000, 4000).save(tmp_path / "large.jpg")
    assert copy(tmp_path / "large.jpg", 1).height <= copies.LARGE * SPEC.height


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK"])
def test_every_mode_becomes_a_copy(tmp_path: Path, mode: str) -> None:
    ending = "jpg" if mode == "CMYK" else "png"
    drawn(60, 80).convert(mode).save(tmp_path / f"a.{ending}")
    assert copy(tmp_path / f"a.{ending}", 1).mode == "RGB"


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "b.jpg").write_text("no picture")
    with pytest.raises(OSError, match=r"b\.jpg"):
        copies.copy(tmp_path / "b.jpg", SPEC, random.Random(1))
