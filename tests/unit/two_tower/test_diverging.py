"""Trainings whose numbers stop being numbers."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.unit.two_tower.conftest import QUICK, SHOP, console
from trainers.two_tower import settings
from trainers.two_tower import train as training
from trainers.two_tower.__main__ import REFUSED, main
from trainers.two_tower.build import build
from trainers.two_tower.errors import Diverged
from trainers.two_tower.state import State
from trainers.two_tower.train import train

Break = Callable[[State, float], float]


def loss(state: State, told: float) -> float:
    return float("nan")


def weights(state: State, told: float) -> float:
    """The last step's gradient was infinite: the loss before it was still a number."""
    with torch.no_grad():
        next(state.towers.modules().parameters()).fill_(torch.nan)
    state.average.update()
    return told


def broken_after(epochs: int, by: Break, monkeypatch: pytest.MonkeyPatch) -> None:
    real = training._epoch

    def epoch(state: State, *others: object) -> float:
        told = real(state, *others)  # type: ignore[arg-type]
        return by(state, told) if state.epoch > epochs else told

    monkeypatch.setattr(training, "_epoch", epoch)


@pytest.mark.parametrize("by", [loss, weights])
def test_a_training_that_diverges_ends_with_the_best_epoch_so_far(
    by: Break, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = [0.2, 0.3]
    whole = train(SHOP, QUICK, lambda towers: scores[0], epochs=2)
    broken_after(2, by, monkeypatch)
    asked = iter([*scores, 1.0])
    for _ in range(2):  # the second time from its checkpoint, which has no epoch that diverged
        found = train(SHOP, QUICK, lambda towers: next(asked), saved=tmp_path / "fit.pt")
        assert (found.best_epoch, found.validation, found.losses) == (2, scores, whole.losses)
        assert found.stopped == "epoch 3 diverged: its losses or weights are no numbers any more"
        assert torch.isfinite(found.towers.item_vectors()).all()


@pytest.mark.parametrize("by", [loss, weights])
def test_a_training_that_diverges_at_once_says_what_to_do(by: Break, monkeypatch: pytest.MonkeyPatch) -> None:
    broken_after(0, by, monkeypatch)
    with pytest.raises(Diverged, match=r"epoch 1 diverged.*A lower learning_rate"):
        train(SHOP, QUICK, lambda towers: 1.0)


def test_a_training_of_a_given_length_that_diverges_is_not_a_shorter_one(monkeypatch: pytest.MonkeyPatch) -> None:
    broken_after(1, loss, monkeypatch)
    with pytest.raises(Diverged, match="epoch 2 diverged"):
        train(SHOP, QUICK, epochs=3)


@pytest.mark.slow
@pytest.mark.usefixtures("unexported")
def test_a_release_says_how_its_training_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken_after(6, loss, monkeypatch)
    told = build(SHOP, QUICK, tmp_path, "a test", console()).report["training"]
    assert told["stopped"].startswith("epoch 7 diverged")
    assert told["epochs"] <= 6


def test_settings_that_cannot_be_trained_are_no_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    interactions = "".join(f"u{n % 40},i{n % 97},{n}\n" for n in range(1_600))
    (tmp_path / "log.csv").write_text(f"user,item,timestamp\n{interactions}")
    settings.write(replace(QUICK, learning_rate=1e30), tmp_path / "settings.json")
    given = ["--data", tmp_path / "log.csv", "--config", tmp_path / "settings.json", "--out", tmp_path / "towers"]
    assert main(["train", *map(str, given)]) == REFUSED
    assert "cannot be trained with these settings" in " ".join(capsys.readouterr().out.split())
