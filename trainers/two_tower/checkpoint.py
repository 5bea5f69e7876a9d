"""A training on disk, so that one that was killed goes on where it was.

It is written after each epoch. Going on from it, the same machine makes the same towers as without the interruption:
weights, their average, the optimiser and all random numbers are in it.
"""

import hashlib
import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from trainers.datasets import Shop
from trainers.two_tower.config import Config
from trainers.two_tower.state import State


def name_of(shop: Shop, config: Config) -> str:
    """Of a training: other data or other settings have another one. What only shows or limits it does not count."""
    settings = asdict(replace(config, progress=True, max_seconds=0.0, device="", max_epochs=0, tolerated_loss=0.0))
    settings["max_epochs"] = config.max_epochs  # the learning rates follow it
    text = json.dumps(settings, sort_keys=True) + shop.fingerprint
    return hashlib.sha256(text.encode()).hexdigest()


def save(file: Path, state: State, name: str) -> None:
    """Replaces the file: a kill in between leaves the one before."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.new")
    torch.save({"name": name, **state.as_dict()}, draft)
    with draft.open("rb") as written:
        os.fsync(written.fileno())
    draft.replace(file)


def resume(file: Path, state: State, name: str, last: int) -> bool:
    """Brings the state to where the file's training was; False if there is none, if it is of another one, or if it is
    beyond the last epoch that is wanted."""
    if not file.exists():
        return False
    found: dict[str, Any] = torch.load(file, map_location=state.towers.device, weights_only=True)
    if found.pop("name") != name or found["epoch"] > last:
        return False
    state.load_dict(found)
    return True
