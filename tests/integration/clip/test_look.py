"""The encoder of looks, made by the command: exported, measured, and found in its specification."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainers.clip import __main__ as command
from trainers.clip import data
from trainers.clip.fingerprint import fingerprint
from trainers.encoders import candidate
from trainers.evaluation.search import held_out

PRODUCTS = 95
"""81 are left to make it of: a quarter of them, 20, is tried in three altered copies each."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of scattered blots: no two are alike."""
    folder, dice = tmp_path_factory.mktemp("shop"), np.random.default_rng(1)
    (folder / "images").mkdir()
    rows = []
    for number in range(PRODUCTS):
        file = f"images/{number}.png"
        noise = Image.fromarray(dice.integers(0, 255, (6, 5, 3), dtype=np.uint8))
        noise.resize((60, 80), Image.Resampling.BICUBIC).save(folder / file)
        rows.append({"id": str(number), "title": f"Thing {number}", "images": [file]})
    (folder / "products.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="module")
def made(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The candidate."""
    out, small = tmp_path_factory.mktemp("made") / "candidate", ["--width", "48", "--height", "64"]
    given = ["look", "--products", str(shop), "--out", str(out), *small, "--test-titles", "5"]
    assert command.main(given) == 0
    return out


def test_altered_copies_find_their_pictures(made: Path, shop: Path) -> None:
    spec = candidate.read(made)["encoders"]["look_image"]
    assert spec["space"] == "look"
    assert (spec["width"], spec["height"]) == (48, 64)
    assert 0 < spec["same_above"] < 1
    report = json.loads((made / candidate.REPORT).read_text())["look_image"]
    assert report["altered_copies"] == 60
    assert report["found"] > 0.9
    encode = candidate.pictures_of(made, "look_image")
    assert encode is not None
    vectors = encode([shop / "images" / "1.png", shop / "images" / "2.png"])
    assert vectors.shape == (2, spec["dimension"])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_the_command_says_of_which_products_the_encoder_was_made(made: Path, shop: Path) -> None:
    training = held_out.training(made)
    assert training is not None
    known = data.read([shop])
    assert training.fingerprint == fingerprint(known)
    assert held_out.trained_with(made).test_titles == 5
    assert len(held_out.held_out(made, known)) == 5
