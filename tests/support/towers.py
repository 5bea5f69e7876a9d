"""Towers as a trainer exports them, before they have learned anything: the same graphs, made in seconds."""

from pathlib import Path

from tests.support.shops import small_shop
from trainers.two_tower import export, golden, model
from trainers.two_tower.config import Config


def write(folder: Path) -> Path:
    """Writes both towers and their golden rows; returns the folder."""
    made = model.create(small_shop(products=60, shoppers=60), Config(progress=False, device="cpu")).on_cpu()
    export.write(made, folder)
    golden.make(made).save(folder / "golden.npz")
    return folder
