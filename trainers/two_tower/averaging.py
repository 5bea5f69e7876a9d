"""An average of the weights over the last steps: what is measured and released.

Exponential moving average (Polyak and Juditsky 1992). It damps the noise of the last batches, so that one epoch can
be compared with the next.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from trainers.two_tower.item_tower import ItemTower
from trainers.two_tower.model import Towers
from trainers.two_tower.user_tower import UserTower


class Average:
    """Follows towers step by step."""

    def __init__(self, towers: Towers) -> None:
        self._towers = towers
        self.model = AveragedModel(towers.modules(), multi_avg_fn=_rule(towers.config.average_decay))

    def update(self) -> None:
        """Takes the weights after a step into the average."""
        self.model.update_parameters(self._towers.modules())

    @property
    def towers(self) -> Towers:
        """Towers with the averaged weights; they change with the next update."""
        item, user = cast(torch.nn.ModuleList, self.model.module)
        return replace(self._towers, item=cast(ItemTower, item), user=cast(UserTower, user))


def _rule(decay: float) -> Callable[[Sequence[Tensor], Sequence[Tensor], Tensor | int], None]:
    @torch.no_grad()
    def average(averaged: Sequence[Tensor], current: Sequence[Tensor], steps: Tensor | int) -> None:
        # At the start there is little to average over: the first weights are not worth being remembered.
        share = min(decay, (1 + int(steps)) / (10 + int(steps)))
        torch._foreach_lerp_(list(averaged), list(current), 1 - share)

    return average
