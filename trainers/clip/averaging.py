"""An average of the weights over the last steps, which is measured and published in their place."""

import copy
from typing import Any, Generic, TypeVar

import torch
from torch import nn

M = TypeVar("M", bound=nn.Module)


class Average(Generic[M]):
    """Follows a model step by step (Polyak and Juditsky 1992): it damps the noise of the last batches."""

    def __init__(self, learning: M, decay: float) -> None:
        """With a decay of 0 the average is the model itself."""
        self.learning, self._decay, self._steps = learning, decay, 0
        self.model = copy.deepcopy(learning).eval() if decay else learning

    @torch.no_grad()
    def update(self) -> None:
        """Takes the weights after a step into the average."""
        self._steps += 1
        if self._decay:
            # At the start there is little to average over: the first weights are not worth being remembered.
            share = min(self._decay, self._steps / (self._steps + 9))
            torch._foreach_lerp_(list(self.model.parameters()), list(self.learning.parameters()), 1 - share)

    def as_dict(self) -> dict[str, Any]:
        """Both, for a checkpoint."""
        average = self.model.state_dict() if self._decay else {}
        return {"learning": self.learning.state_dict(), "average": average, "steps": self._steps}

    def load_dict(self, found: dict[str, Any]) -> None:
        """Goes back to what `as_dict` told."""
        self.learning.load_state_dict(found["learning"])
        self._steps = found["steps"]
        if self._decay:
            self.model.load_state_dict(found["average"])
