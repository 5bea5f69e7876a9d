"""Altered pictures, and what they find."""

import random
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainers.evaluation.search import looks


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    made = []
    for number in range(6):
        image = Image.new("RGB", (60, 80), (255, 255, 255))
        image.paste((40 * number, 10, 250 - 40 * number), (0, 0, 30, 80))
        image.save(tmp_path / f"{number}.png")
        made.append(tmp_path / f"{number}.png")
    return made


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def test_each_alteration_does_what_it_says(pictures: list[Path]) -> None:
    dice = random.Random(1)
    assert opened(looks.altered(pictures[0], "crop", dice)).size == (48, 64)
    assert opened(looks.altered(pictures[0], "recompressed", dice)).size == (60, 80)
    before, after = Image.open(pictures[0]), opened(looks.altered(pictures[0], "mirror", dice))
    assert before.getpixel((5, 40))[2] > 240  # type: ignore[index]
    assert after.getpixel((54, 40))[0] < 40  # type: ignore[index]
    assert after.getpixel((5, 40))[0] > 240  # type: ignore[index]


def test_a_ranker_that_knows_the_picture_finds_it_and_one_that_guesses_does_not(pictures: list[Path]) -> None:
    def by_colour(copies: object) -> np.ndarray:
        shown = np.array([np.asarray(opened(copy))[:, :, 0].mean() for copy in copies])  # type: ignore[attr-defined]
        own = np.array([np.asarray(Image.open(file))[:, :, 0].mean() for file in pictures])
        return -np.abs(shown[:, None] - own[None]).astype(np.float32)

    def guess(copies: object) -> np.ndarray:
        return np.zeros((len(copies), len(pictures)), np.float32)  # type: ignore[arg-type]

    found = looks.measure(pictures, {"colour": by_colour, "guess": guess}, most=5)
    assert set(found) == {f"image-to-image: {how}" for how in looks.ALTERATIONS}
    task = found["image-to-image: mirror"]
    assert (task["questions"], task["documents"]) == (5, 6)
    assert task["rankers"]["colour"]["recall@1"]["value"] == 1
    assert task["rankers"]["guess"]["recall@1"]["value"] <= 0.2


@pytest.mark.parametrize("kept", [0, 40, 0.5])
def test_a_picture_that_cannot_be_read_is_named(pictures: list[Path], kept: float) -> None:
    content = pictures[0].read_bytes()
    pictures[0].write_bytes(content[: int(kept * len(content)) if kept < 1 else int(kept)])
    with pytest.raises(OSError, match=rf"{pictures[0]} cannot be read as a picture: "):
        looks.altered(pictures[0], "crop", random.Random(1))
