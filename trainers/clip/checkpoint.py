"""Checkpoints: a training that is killed goes on with the epoch after the last one that it finished."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from trainers.clip.config import Config
from trainers.clip.model import Clip

if TYPE_CHECKING:
    from trainers.clip.train import Progress


FORMAT = 2
"""Of what is written: another one cannot be gone on with."""
NO_MATTER = ("device", "progress")
"""Settings that change nothing of what is learned."""


def identity(fingerprint: str, stage: str, config: Config) -> str:
    """The same for a training that would end with the same weights."""
    settings = {name: value for name, value in asdict(config).items() if name not in NO_MATTER}
    return hashlib.sha256(json.dumps([FORMAT, fingerprint, stage, settings]).encode()).hexdigest()


class Keeper:
    """Writes and reads the state of one stage."""

    def __init__(
        self, file: Path, of: str, model: Clip, optimizer: Any, schedule: Any, random: np.random.Generator
    ) -> None:
        """`of` says what is trained: what was written of something else is left aside."""
        self._file, self._best, self._of = file, file.with_suffix(".best.pt"), of
        self._model, self._optimizer, self._schedule, self._random = model, optimizer, schedule, random

    def resume(self, progress: "Progress") -> "Progress":
        """The progress that was written last, with weights and random states; the one given if there is none."""
        state = torch.load(self._file, map_location="cpu", weights_only=False) if self._file.exists() else {}
        if state.get("of") != self._of:
            self._best.unlink(missing_ok=True)
            return progress
        self._model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        self._random.bit_generator.state = state["random"]
        torch.set_rng_state(state["torch"])
        return type(progress)(**state["progress"])

    def save(self, progress: "Progress", *, best: bool) -> None:
        """Writes the state whole or not at all."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        if best:
            _write(self._best, self._model.state_dict())
        state = {
            "of": self._of,
            "model": self._model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "random": self._random.bit_generator.state,
            "torch": torch.get_rng_state(),
            "progress": asdict(progress),
        }
        _write(self._file, state)

    def best(self) -> None:
        """Puts the best weights into the model."""
        if self._best.exists():
            self._model.load_state_dict(torch.load(self._best, map_location="cpu", weights_only=True))


def _write(file: Path, state: Any) -> None:
    draft = file.with_suffix(".new")
    torch.save(state, draft)
    draft.replace(file)
