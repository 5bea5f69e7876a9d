"""The encoder of looks."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console

from trainers.clip import __main__ as command
from trainers.clip import data, look
from trainers.clip.config import Config
from trainers.clip.data import Product
from trainers.clip.fingerprint import fingerprint
from trainers.encoders import candidate
from trainers.evaluation.search import held_out

SMALL = Config(width=48, height=64, progress=False)


def products(folder: Path, count: int) -> list[Product]:
    """Pictures of scattered blots: no two are alike."""
    made, dice = [], np.random.default_rng(1)
    for number in range(count):
        noise = Image.fromarray(dice.integers(0, 255, (6, 5, 3), dtype=np.uint8))
        noise.resize((60, 80), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
        made.append(Product(str(number), "Thing", (), "", {}, (folder / f"{number}.png",)))
    return made


def test_copies_differ_alike_in_every_direction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "SHRINKAGE", 0.0)
    dice = np.random.default_rng(1)
    spread = np.array([9, 3, 1, 1, 1, 1])
    rows = (dice.normal(size=(4000, 6)) * spread + 5).astype(np.float32)
    altered = [(rows + dice.normal(size=rows.shape) * spread[::-1]).astype(np.float32) for _ in range(2)]
    made = look.Whitened(rows, altered, 4)
    changes = torch.from_numpy(altered[0] - rows) @ made.to_white
    torch.testing.assert_close(torch.cov(changes.T), torch.eye(4), atol=0.15, rtol=0)
    found = torch.cov(((torch.from_numpy(rows) - made.mean) @ made.to_white).T)
    torch.testing.assert_close(found, torch.diag(found.diag()), atol=1e-2, rtol=0)
    torch.testing.assert_close(made(torch.from_numpy(rows)).norm(dim=1), torch.ones(4000))


def test_what_changes_in_copies_does_not_decide_who_is_the_same() -> None:
    dice = np.random.default_rng(1)
    kind, light = dice.normal(size=(500, 3)), dice.normal(size=(500, 3)) * 5
    rows = np.hstack([kind, light]).astype(np.float32)
    altered = [np.hstack([kind, dice.normal(size=(500, 3)) * 5]).astype(np.float32) for _ in range(3)]
    made = look.Whitened(rows, altered[:2], 3)
    with torch.inference_mode():
        found = made(torch.from_numpy(altered[2])) @ made(torch.from_numpy(rows)).T
    assert (found.argmax(dim=1) == torch.arange(500)).double().mean() > 0.9


def test_altered_copies_find_their_pictures(tmp_path: Path) -> None:
    out = tmp_path / "candidate"
    look.build(products(tmp_path, 80), SMALL, out, Console(quiet=True))
    spec = candidate.read(out)["encoders"]["look_image"]
    assert spec["space"] == "look"
    assert (spec["width"], spec["height"]) == (48, 64)
    assert 0 < spec["same_above"] < 1
    report = json.loads((out / candidate.REPORT).read_text())["look_image"]
    assert report["altered_copies"] == 60
    assert report["found"] > 0.9
    encode = candidate.pictures_of(out, "look_image")
    assert encode is not None
    vectors = encode([tmp_path / "1.png", tmp_path / "2.png"])
    assert vectors.shape == (2, spec["dimension"])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_shop_with_hardly_a_picture_does_without(tmp_path: Path) -> None:
    said = Console(record=True, quiet=False, file=(tmp_path / "said").open("w"))
    look.build(products(tmp_path, 10), SMALL, tmp_path / "candidate", said)
    assert "too few" in said.export_text()
    assert candidate.specs(tmp_path / "candidate") == {}


@pytest.mark.parametrize("same", [1.0, 0.4])
def test_what_counts_as_the_same_is_in_the_specification(tmp_path: Path, same: float) -> None:
    spec = look.PictureSpec("look_image", "look", 8, 48, 64, "squash", "bicubic", (255, 255, 255), same)
    assert look.candidate.of_json(spec.to_json()) == spec


def test_the_command_says_of_which_products_the_encoder_was_made(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    rows = [{"id": item.id, "title": f"Thing {item.id}"} for item in products(tmp_path / "images", 60)]
    lines = (json.dumps(row | {"images": [f"images/{row['id']}.png"]}) + "\n" for row in rows)
    (tmp_path / "products.jsonl").write_text("".join(lines))
    out, small = tmp_path / "out", ["--width", "48", "--height", "64"]
    given = ["look", "--products", str(tmp_path), "--out", str(out), *small, "--test-titles", "5"]
    assert command.main(given) == 0
    made = held_out.training(out)
    assert made is not None
    known = data.read([tmp_path])
    assert made.fingerprint == fingerprint(known)
    assert held_out.trained_with(out).test_titles == 5
    assert len(held_out.held_out(out, known)) == 5
