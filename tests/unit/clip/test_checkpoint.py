"""A training goes on with what was written of it, and of nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from trainers.clip import checkpoint
from trainers.clip.averaging import Average
from trainers.clip.config import Config
from trainers.clip.train import Progress


def keeper(file: Path, of: str) -> checkpoint.Keeper:
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda _: 1.0)
    average = Average(model, 0.9)
    return checkpoint.Keeper(file, of, average, optimizer, schedule)  # type: ignore[arg-type]


def test_other_data_or_settings_are_another_training(tmp_path: Path) -> None:
    keeper(tmp_path / "s.pt", "one").save(Progress(epoch=3, finished=True), best=True)
    assert keeper(tmp_path / "s.pt", "one").resume(Progress()).epoch == 3
    assert keeper(tmp_path / "s.pt", "another").resume(Progress()).epoch == 0
    assert not (tmp_path / "s.best.pt").exists(), "its weights are those of the other training"


@pytest.mark.parametrize("change", [{"tuned_epochs": 3}, {"seed": 8}, {"fact_weight": 0.5}])
def test_what_counts_for_the_weights_counts_for_the_identity(change: dict[str, int]) -> None:
    one = checkpoint.identity("data", "tuned", Config())
    assert checkpoint.identity("data", "tuned", Config(progress=False, device="cpu")) == one
    assert checkpoint.identity("data", "tuned", replace(Config(), **change)) != one  # type: ignore[arg-type]
    assert checkpoint.identity("other data", "tuned", Config()) != one
