"""Everything that changes while towers are trained."""

import copy
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from trainers.two_tower.averaging import Average
from trainers.two_tower.config import Config
from trainers.two_tower.errors import Diverged
from trainers.two_tower.model import Towers

FINAL_RATE = 0.1
"""The learning rate falls to this share of itself over `max_epochs`, along a cosine."""
LISTS = ("losses", "validation")


@dataclass
class Training:
    """What came out, and how it went."""

    towers: Towers
    best_epoch: int = 0
    """Epochs after which the towers were best."""
    seconds: float = 0.0
    examples: int = 0
    """Choices that were predicted, in all epochs that this run computed."""
    losses: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    """NDCG@20 after each epoch."""
    stopped: str = "after the last epoch"

    @property
    def speed(self) -> float:
        """Examples per second, with what validation took."""
        return self.examples / self.seconds if self.seconds else 0.0


class State:
    """Weights and their average, optimiser, learning rate, random numbers, and the best towers so far."""

    def __init__(self, towers: Towers, steps: int) -> None:
        """`steps` are those of one epoch."""
        config = towers.config
        self.towers = towers
        self.average = Average(towers)
        self.random = np.random.default_rng(config.seed)
        self.optimizer = torch.optim.AdamW(
            towers.modules().parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda step: rate(step, steps, config))
        self.training = Training(towers)
        self.epoch = 0
        self.best = -1.0
        self.kept: dict[str, Tensor] = copy.deepcopy(towers.modules().state_dict())
        self.computed_s = 0.0

    def step(self, loss: Tensor) -> None:
        """Moves the weights once."""
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.towers.modules().parameters(), 1.0)
        self.optimizer.step()
        self.average.update()

    def keep(self, score: float) -> None:
        """Remembers the averaged weights if none were better."""
        if score > self.best:
            self.best, self.training.best_epoch = score, self.epoch
            self.kept = copy.deepcopy(self.average.towers.modules().state_dict())

    def diverged(self, loss: float) -> bool:
        """Whether the epoch with this mean loss came to something that is no number: nothing after it does better."""
        return not (math.isfinite(loss) and all(bool(torch.isfinite(each).all()) for each in self._averaged()))

    def give_up(self, measured: bool) -> None:
        """Ends a training that diverged with the towers that were best.

        Args:
            measured: whether epochs were compared; without that the towers of fewer epochs are not those asked for.

        Raises:
            Diverged: there are none.
        """
        why = f"epoch {self.epoch} diverged: its losses or weights are no numbers any more"
        if not (measured and self.training.best_epoch):
            raise Diverged(
                f"The towers cannot be trained with these settings: {why}. A lower learning_rate, a higher temperature "
                "or float32 as precision may help."
            )
        self.training.stopped = why

    def finish(self) -> Training:
        """The training with the towers that were best."""
        self.towers.modules().load_state_dict(self.kept)
        self.towers.modules().eval()
        return self.training

    def _averaged(self) -> Iterator[Tensor]:
        return self.average.towers.modules().parameters()

    def as_dict(self) -> dict[str, Any]:
        """All of it, of tensors, numbers and texts."""
        return {
            "weights": self.towers.modules().state_dict(),
            "average": self.average.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "random": json.dumps(self.random.bit_generator.state),
            "torch_random": torch.get_rng_state(),
            "cuda_random": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "kept": self.kept,
            **{name: getattr(self, name) for name in ("epoch", "best", "computed_s")},
            **{name: getattr(self.training, name) for name in (*LISTS, "best_epoch")},
        }

    def load_dict(self, found: dict[str, Any]) -> None:
        """Goes back to what `as_dict` told."""
        self.towers.modules().load_state_dict(found["weights"])
        self.average.model.load_state_dict(found["average"])
        self.optimizer.load_state_dict(found["optimizer"])
        self.schedule.load_state_dict(found["schedule"])
        self.random.bit_generator.state = json.loads(found["random"])
        torch.set_rng_state(found["torch_random"].cpu())
        if torch.cuda.is_available() and found["cuda_random"]:
            torch.cuda.set_rng_state_all([state.cpu() for state in found["cuda_random"]])
        self.kept = found["kept"]
        for name in ("epoch", "best", "computed_s"):
            setattr(self, name, found[name])
        for name in (*LISTS, "best_epoch"):
            setattr(self.training, name, found[name])


def rate(step: int, steps: int, config: Config) -> float:
    """Share of the learning rate at a step: it rises over the first steps, then falls along a cosine."""
    done = min(1.0, step / max(1, steps * config.max_epochs))
    cosine = FINAL_RATE + (1 - FINAL_RATE) * (1 + math.cos(math.pi * done)) / 2
    return cosine * min(1.0, (step + 1) / max(1, config.warmup_steps))
