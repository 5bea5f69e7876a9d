"""An average of the weights over the last steps: what is measured and released.

Exponential moving average (Polyak and Juditsky 1992). It damps the noise of the last batches, so that one epoch can
be compared with the next.
"""

from collections.abc import Sequence
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
        self.model = AveragedModel(towers.modules(), multi_avg_fn=self._mix)

    def update(self) -> None:
        """Takes the weights after a step into the average."""
        self.model.update_parameters(self._towers.modules())

    @property
    def towers(self) -> Towers:
        """Towers with the averaged weights; they change with the next update."""
        item, user = cast(torch.nn.ModuleList, self.model.module)
        return replace(self._towers, item=cast(ItemTower, item), user=cast(UserTower, user))

    @torch.no_grad()
    def _mix(self, averaged: Sequence[Tensor], current: Sequence[Tensor], _: Tensor | int) -> None:
        # The steps that are handed over lie on the device, and to read them would be to wait for it.
        steps = int(self.model.n_averaged)
        # At the start there is little to average over: the first weights are not worth being remembered.
        share = min(self._towers.config.average_decay, (1 + steps) / (10 + steps))
        torch._foreach_lerp_(list(averaged), list(current), 1 - share)
