"""A training on disk, so that one that was killed goes on where it was.

It is written after each epoch. Going on from it, the same machine makes the same towers as without the interruption:
weights, their average, the optimiser and all random numbers are in it.
"""

import hashlib
import json
import os
import pickle
import zipfile
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import torch

from trainers.datasets import Shop
from trainers.two_tower.config import Config
from trainers.two_tower.state import State

TRAINERS = Path(__file__).parents[1]
CODE = ("two_tower", "datasets", "evaluation")
"""Packages that say what is learned, of what, and when it is enough."""


def name_of(shop: Shop, config: Config) -> str:
    """Of a training: other data, other settings or other code have another one. What only shows or limits it does not
    count."""
    settings = asdict(replace(config, progress=True, max_seconds=0.0, device="", max_epochs=0, tolerated_loss=0.0))
    settings["max_epochs"] = config.max_epochs  # the learning rates follow it
    text = json.dumps(settings, sort_keys=True) + shop.fingerprint + code_version(TRAINERS)
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def code_version(trainers: Path) -> str:
    """Changes with any line of what trains, and with torch.

    A number would have to be thought of with each change: the weights of other layers cannot be read, and those of the
    same layers that meant something else can.
    """
    digest = hashlib.sha256(torch.__version__.encode())
    for file in sorted(file for name in CODE for file in (trainers / name).glob("*.py")):
        digest.update(f"\0{file.relative_to(trainers)}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def save(file: Path, state: State, name: str) -> None:
    """Replaces the file: a kill in between leaves the one before."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.new")
    torch.save({"name": name, **state.as_dict()}, draft)
    with draft.open("rb") as written:
        os.fsync(written.fileno())
    draft.replace(file)


def resume(file: Path, state: State, name: str, last: int) -> bool:
    """Brings the state to where the file's training was; False if there is none that is whole, if it is of another one,
    or if it is beyond the last epoch that is wanted."""
    if not zipfile.is_zipfile(file):  # none, or the beginning of one, which a disk that went away can leave
        return False
    try:
        found: dict[str, Any] = torch.load(file, map_location=state.towers.device, weights_only=True)
    except (RuntimeError, pickle.UnpicklingError):  # damaged in the middle
        return False
    if found.pop("name", "") != name or found["epoch"] > last:
        return False
    state.load_dict(found)
    return True
