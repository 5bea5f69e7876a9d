"""The encoder of looks: its components. tests/integration/clip/test_look.py makes a whole one."""

from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from trainers.clip import look
from trainers.clip.config import Config
from trainers.clip.data import Product
from trainers.encoders import candidate

SMALL = Config(width=48, height=64, progress=False)


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


def test_a_shop_with_hardly_a_picture_does_without(tmp_path: Path) -> None:
    said = Console(record=True, quiet=False, file=(tmp_path / "said").open("w"))
    ten = [Product(str(number), "Thing", (), "", {}, (tmp_path / f"{number}.png",)) for number in range(10)]
    look.build(ten, SMALL, tmp_path / "candidate", said)
    assert "too few" in said.export_text()
    assert candidate.specs(tmp_path / "candidate") == {}


@pytest.mark.parametrize("same", [1.0, 0.4])
def test_what_counts_as_the_same_is_in_the_specification(tmp_path: Path, same: float) -> None:
    spec = look.PictureSpec("look_image", "look", 8, 48, 64, "squash", "bicubic", (255, 255, 255), same)
    assert look.candidate.of_json(spec.to_json()) == spec
