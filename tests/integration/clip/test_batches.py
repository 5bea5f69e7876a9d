"""Batches that other processes make."""

import torch

from tests.unit.clip.test_batches import drawn, letters
from trainers.clip import ready


def test_processes_make_the_same_batches() -> None:
    batches = drawn(80)
    making, plan = ready._Making(batches, letters, None), ready._Plan(batches, 8)  # type: ignore[arg-type]
    plan.epoch = 2
    alone, helped = (list(ready._loader(making, plan, workers, pinned=False)) for workers in (0, 2))
    assert len(alone) == len(helped) > 5
    for one, other in zip(alone, helped, strict=True):
        assert (one.rows == other.rows).all()
        assert (one.sides == other.sides).all()
        torch.testing.assert_close(one.captions.ids[0], other.captions.ids[0])
        torch.testing.assert_close(one.positives, other.positives)
