"""Searching for settings."""

import io
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from tests.support.shops import small_shop
from trainers.datasets import DataError
from trainers.evaluation import harness
from trainers.two_tower import __main__ as program
from trainers.two_tower import settings, tune
from trainers.two_tower.config import Config
from trainers.two_tower.state import Training

SHOP = small_shop(products=80, shoppers=80)
BASE = Config(progress=False, device="cpu", max_epochs=3, warmup_steps=5)
BROKEN = float("inf")
"""A learning rate with which nothing can be learned."""


def search(folder: Path, trials: int, base: Config = BASE) -> tuple[Config, str]:
    console = Console(file=io.StringIO(), width=200)
    found = tune.tune(SHOP, base, tune.Search("last", trials, 0.0, folder / "study.sqlite"), console)
    return found, console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.slow
def test_a_search_begins_with_the_settings_there_are_and_goes_on_where_it_was(tmp_path: Path) -> None:
    _, first = search(tmp_path, 1)
    assert f"'learning_rate': {BASE.learning_rate}" in first
    best, second = search(tmp_path, 4)
    assert "trial 0" not in second
    assert "best of 4" in second
    assert "best of 4" in search(tmp_path, 4)[1], "nothing is left to try"
    assert replace(best, **{name: getattr(BASE, name) for name in tune.SPACE}) == BASE


@pytest.mark.slow
def test_settings_that_diverge_are_given_up_and_the_search_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(tune.SPACE, "learning_rate", lambda trial: BROKEN if trial.number else BASE.learning_rate)
    found, printed = search(tmp_path, 2)
    assert "trial 1: given up: The towers cannot be trained with these settings" in printed
    assert found.learning_rate == BASE.learning_rate


def test_a_search_in_which_nothing_could_be_trained_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tune.SPACE, "learning_rate", lambda trial: BROKEN)
    with pytest.raises(DataError, match="None of the settings that were tried could be trained"):
        search(tmp_path, 1)


@pytest.mark.slow
@pytest.mark.parametrize("behind", [True, False])
def test_a_training_behind_the_median_of_the_earlier_ones_is_given_up(
    behind: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = iter([0.4] * BASE.max_epochs * tune.WARM_UP_TRIALS + ([0.3] if behind else [0.5]) * BASE.max_epochs)
    monkeypatch.setattr(harness, "ndcg", lambda *_: next(scores))
    _, printed = search(tmp_path, tune.WARM_UP_TRIALS + 1)
    assert (f"trial {tune.WARM_UP_TRIALS}: given up after epoch {tune.WARM_UP_EPOCHS + 1}" in printed) == behind
    assert (len(list(scores)) == BASE.max_epochs - tune.WARM_UP_EPOCHS - 1) == behind, "no more epochs were computed"


def test_a_study_of_other_data_is_refused(tmp_path: Path) -> None:
    search(tmp_path, 1)
    other = tune.Search("time", 1, 0.0, tmp_path / "study.sqlite")
    with pytest.raises(DataError, match="other data or another protocol"):
        tune.tune(SHOP, BASE, other, Console(file=io.StringIO()))


@pytest.mark.parametrize("other", [{"seed": 8}, {"negatives": 64}, {"max_epochs": 2}])
def test_a_study_beside_other_settings_is_refused(other: dict[str, int], tmp_path: Path) -> None:
    search(tmp_path, 1)
    with pytest.raises(DataError, match="other settings"):
        search(tmp_path, 1, replace(BASE, **other))  # type: ignore[arg-type]


def test_a_search_goes_on_from_other_settings_of_those_it_chooses_and_tries_them_next(tmp_path: Path) -> None:
    search(tmp_path, 1)
    _, printed = search(tmp_path, 2, replace(BASE, learning_rate=7e-3, progress=True, tolerated_loss=0.5))
    assert "'learning_rate': 0.007" in printed.partition("trial 1:")[2]


@pytest.mark.parametrize("killed", [SystemExit, KeyboardInterrupt])
def test_a_search_that_was_killed_in_its_first_training_tries_it_again(
    killed: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a SystemExit Optuna notes nothing, as of a SIGKILL; of Ctrl-C it does."""

    def kill(*_: object, **__: object) -> None:
        raise killed

    with monkeypatch.context() as patch:
        patch.setattr(tune, "train", kill)
        with pytest.raises(killed):
            search(tmp_path, 1)
    assert f"'learning_rate': {BASE.learning_rate}" in search(tmp_path, 1)[1]


def test_a_file_that_is_no_study_is_named_and_stays(tmp_path: Path) -> None:
    (tmp_path / "study.sqlite").write_text("garbage")
    with pytest.raises(DataError, match=r"study\.sqlite cannot be used for a study: file is not a database"):
        search(tmp_path, 1)
    assert (tmp_path / "study.sqlite").read_text() == "garbage"


def test_any_name_of_a_folder_is_that_of_the_study(tmp_path: Path) -> None:
    folder = tmp_path / "what? #1 50%25"
    search(folder, 1)
    assert (folder / "study.sqlite").stat().st_size
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_heads_that_cannot_share_the_dimension_are_not_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def train(_: object, config: Config, *__: object, **___: object) -> Training:
        tried.append(config.heads)
        return SimpleNamespace(validation=[0.1])  # type: ignore[return-value]

    monkeypatch.setattr(tune, "train", train)
    search(tmp_path, 12, replace(BASE, dimension=66))
    assert set(tried) == {1, 2}


def test_the_folder_of_what_is_found_is_made_before_anything_is_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "_shop", lambda _: SHOP)
    monkeypatch.setattr(tune, "tune", lambda *_: BASE)
    out = tmp_path / "a" / "b" / "found.json"
    command = ["tune", "--data", str(tmp_path), "--study", str(tmp_path / "study.sqlite"), "--out", str(out)]
    assert program.main(command) == 0
    assert settings.load(out) == BASE


def test_settings_read_back(tmp_path: Path) -> None:
    settings.write(replace(BASE, temperature=0.123), tmp_path / "found.json")
    assert settings.load(tmp_path / "found.json") == replace(BASE, temperature=0.123)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "holds no settings"),
        ('{"depth": 3}', "the setting 'depth', which there is not"),
        ("3", "no settings"),
        ("[]", "no settings"),
        ('{"layers": "two"}', "'layers' as \"two\"; it is a whole number from 1 up"),
        ('{"layers": true}', "'layers' as true; it is a whole number from 1 up"),
        ('{"batch_size": 0}', "'batch_size' as 0; it is a whole number from 1 up"),
        ('{"hard_negatives": -1}', "'hard_negatives' as -1; it is a whole number from 0 up"),
        ('{"dropout": null}', "'dropout' as null; it is a number from 0 to 1"),
        ('{"temperature": Infinity}', "'temperature' as Infinity; it is a number above 0"),
        ('{"learning_rate": Infinity}', "'learning_rate' as Infinity; it is a number from 0 up"),
        ('{"warm_start": 1}', "'warm_start' as 1; it is true or false"),
        ('{"device": 0}', "'device' as 0; it is auto, cpu or cuda"),
        ('{"device": "gpu"}', "'device' as \"gpu\"; it is auto, cpu or cuda"),
        ('{"average_decay": 2}', "'average_decay' as 2; it is a number from 0 to 1"),
        ('{"id_dropout": 1.5}', "'id_dropout' as 1.5; it is a number from 0 to 1"),
        ('{"temperature": 0}', "'temperature' as 0; it is a number above 0"),
        ('{"precision": "float8"}', "'precision' as \"float8\"; it is one of auto, float32, bfloat16"),
        ('{"encoders": "sentence"}', "'encoders' as \"sentence\"; it is a list of names"),
        ('{"heads": 3}', "3 heads cannot share a dimension of 64 evenly"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text(text)
    with pytest.raises(DataError, match=said):
        settings.load(tmp_path / "broken.json")


def test_settings_may_name_some_only(tmp_path: Path) -> None:
    (tmp_path / "some.json").write_text(json.dumps({"layers": 2}))
    assert settings.load(tmp_path / "some.json") == Config(layers=2)
