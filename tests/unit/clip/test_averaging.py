"""The average of the last weights."""

import torch
from torch import nn

from trainers.clip.averaging import Average


def moved(average: Average[nn.Linear], learning: nn.Linear, values: list[float]) -> None:
    for value in values:
        with torch.no_grad():
            learning.weight.fill_(value)
        average.update()


def test_it_lags_behind_and_starts_near_the_first_weights() -> None:
    learning = nn.Linear(1, 1)
    average = Average(learning, 0.9)
    moved(average, learning, [1.0])
    assert abs(average.model.weight.item() - 1) < abs(average.model.weight.item())
    moved(average, learning, [3.0] * 3)
    assert 1 < average.model.weight.item() < 3
    moved(average, learning, [3.0] * 200)
    torch.testing.assert_close(average.model.weight, learning.weight)


def test_without_decay_it_is_the_model() -> None:
    learning = nn.Linear(1, 1)
    assert Average(learning, 0.0).model is learning


def test_it_goes_on_where_it_was() -> None:
    learning, again = nn.Linear(1, 1), nn.Linear(1, 1)
    average, resumed = Average(learning, 0.9), Average(again, 0.9)
    moved(average, learning, [1.0, 2.0])
    resumed.load_dict(average.as_dict())
    for one, model in ((average, learning), (resumed, again)):
        moved(one, model, [5.0])
    torch.testing.assert_close(resumed.model.weight, average.model.weight)
