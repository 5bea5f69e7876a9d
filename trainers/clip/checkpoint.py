"""Checkpoints: a training that is killed goes on with the epoch after the last one that was written."""

import hashlib
import json
import math
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from trainers.clip.averaging import Average
from trainers.clip.config import Config
from trainers.clip.model import Clip

if TYPE_CHECKING:
    from trainers.clip.train import Progress


FORMAT = 3
"""Of what is written: another one cannot be gone on with."""
WRITTEN_EVERY_S = 10.0
"""On a GPU an epoch takes two seconds, and what is written is hundreds of megabytes."""
NO_MATTER = ("device", "progress")
"""Settings that change nothing of what is learned."""


def identity(fingerprint: str, stage: str, config: Config) -> str:
    """The same for a training that would end with the same weights."""
    settings = {name: value for name, value in asdict(config).items() if name not in NO_MATTER}
    return hashlib.sha256(json.dumps([FORMAT, fingerprint, stage, settings]).encode()).hexdigest()


class Keeper:
    """Writes and reads the state of one stage."""

    def __init__(self, file: Path, of: str, average: Average[Clip], optimizer: Any, schedule: Any) -> None:
        """`of` says what is trained: what was written of something else is left aside."""
        self._file, self._best, self._of = file, file.with_suffix(".best.pt"), of
        self._average, self._optimizer, self._schedule = average, optimizer, schedule
        self._best_weights: dict[str, Tensor] = {}
        self._written_s = -math.inf

    def resume(self, progress: "Progress") -> "Progress":
        """The progress that was written last, with weights and random states; the one given if there is none."""
        state = torch.load(self._file, map_location="cpu", weights_only=False) if self._file.exists() else {}
        if state.get("of") != self._of:
            self._best.unlink(missing_ok=True)
            return progress
        self._average.load_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["torch"])
        if torch.cuda.is_available() and state["cuda"]:
            torch.cuda.set_rng_state_all(state["cuda"])
        return type(progress)(**state["progress"])

    def save(self, progress: "Progress", *, best: bool) -> None:
        """Writes the state whole or not at all; of short epochs only some."""
        if best:
            self._best_weights = {name: value.clone() for name, value in self._average.model.state_dict().items()}
        if not progress.finished and time.monotonic() - self._written_s < WRITTEN_EVERY_S:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        if self._best_weights:
            _write(self._best, self._best_weights)
        state = {
            "of": self._of,
            "model": self._average.as_dict(),
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "progress": asdict(progress),
        }
        _write(self._file, state)
        self._written_s = time.monotonic()

    def best(self) -> None:
        """Puts the best weights into the model that learned."""
        if self._best.exists():
            self._average.learning.load_state_dict(torch.load(self._best, map_location="cpu", weights_only=True))


def _write(file: Path, state: Any) -> None:
    draft = file.with_suffix(".new")
    torch.save(state, draft)
    draft.replace(file)
