"""Checkpoints, curves, precision, and what towers begin with."""

import io
import multiprocessing
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support.shops import small_shop
from trainers.datasets import DataError, Products, Shop
from trainers.evaluation import harness
from trainers.evaluation.protocols import split
from trainers.two_tower import checkpoint, computing, curves, model, prices, warm_start
from trainers.two_tower.config import Config
from trainers.two_tower.recommender import scorer
from trainers.two_tower.train import train

SHOP = small_shop(products=80, shoppers=80)
QUICK = Config(progress=False, device="cpu", max_epochs=4, batch_size=32, warmup_steps=5)


class Killed(Exception):
    """What a test ends a training with."""


def die_after(epochs: int):  # type: ignore[no-untyped-def]
    def watch(epoch: int, measured: Mapping[str, float]) -> None:
        if epoch == epochs:
            raise Killed

    return watch


def test_a_training_that_was_killed_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    whole = train(SHOP, QUICK)
    with pytest.raises(Killed):
        train(SHOP, QUICK, saved=tmp_path / "fit.pt", watch=die_after(2))
    told: list[int] = []
    resumed = train(SHOP, QUICK, saved=tmp_path / "fit.pt", watch=lambda epoch, measured: told.append(epoch))
    assert told == [3, 4], "it went on, and did not begin again"
    assert resumed.losses == whole.losses
    assert torch.equal(resumed.towers.item_vectors(), whole.towers.item_vectors())


def test_a_training_of_fewer_epochs_does_not_end_with_the_towers_of_more(tmp_path: Path) -> None:
    train(SHOP, QUICK, epochs=2, saved=tmp_path / "refit.pt")
    shorter = train(SHOP, QUICK, epochs=1, saved=tmp_path / "refit.pt")
    assert torch.equal(shorter.towers.item_vectors(), train(SHOP, QUICK, epochs=1).towers.item_vectors())


def _train_and_stall(file: Path, reached: "multiprocessing.synchronize.Event") -> None:
    def watch(epoch: int, measured: Mapping[str, float]) -> None:
        if epoch == 2:
            reached.set()
            multiprocessing.Event().wait()

    train(SHOP, QUICK, saved=file, watch=watch)


@pytest.mark.slow
def test_a_process_that_was_killed_leaves_a_checkpoint_to_go_on_from(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    reached = context.Event()
    process = context.Process(target=_train_and_stall, args=(tmp_path / "fit.pt", reached))
    process.start()
    try:
        assert reached.wait(60)
    finally:
        process.kill()
        process.join()
    assert train(SHOP, QUICK, saved=tmp_path / "fit.pt").losses == train(SHOP, QUICK).losses


@pytest.mark.parametrize("changed", [{"seed": 8}, {"temperature": 0.2}])
def test_a_checkpoint_of_other_settings_is_left_alone(changed: dict[str, float], tmp_path: Path) -> None:
    train(SHOP, QUICK, epochs=1, saved=tmp_path / "fit.pt")
    other = train(SHOP, replace(QUICK, **changed), epochs=1, saved=tmp_path / "fit.pt")  # type: ignore[arg-type]
    assert other.losses == train(SHOP, replace(QUICK, **changed), epochs=1).losses  # type: ignore[arg-type]


def test_a_checkpoint_of_other_code_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(SHOP, QUICK, epochs=2, saved=tmp_path / "fit.pt")
    told: list[int] = []
    monkeypatch.setattr(checkpoint, "code_version", lambda _: "of before")
    train(SHOP, QUICK, epochs=2, saved=tmp_path / "fit.pt", watch=lambda epoch, _: told.append(epoch))
    assert told == [1, 2]


@pytest.mark.parametrize("package", checkpoint.CODE)
def test_every_line_of_what_trains_is_a_version_of_its_own(package: str, tmp_path: Path) -> None:
    versions = set()
    for copy in ("as it is", "once more", "changed"):
        for name in checkpoint.CODE:
            shutil.copytree(checkpoint.TRAINERS / name, tmp_path / copy / name)
        if copy == "changed":
            with next((tmp_path / copy / package).glob("*.py")).open("a") as file:
                file.write("# another meaning\n")
        versions.add(checkpoint.code_version(tmp_path / copy))
    assert len(versions) == 2


def a_zip() -> bytes:
    """A whole archive that holds no training."""
    with zipfile.ZipFile(content := io.BytesIO(), "w") as archive:
        archive.writestr("fit/data.pkl", b"other bytes")
    return content.getvalue()


@pytest.mark.parametrize("content", [b"", b"half of", b"PK\x03\x04 half of", a_zip()])
def test_a_damaged_checkpoint_is_begun_anew(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "fit.pt").write_bytes(content)
    assert train(SHOP, QUICK, epochs=1, saved=tmp_path / "fit.pt").losses == train(SHOP, QUICK, epochs=1).losses


def test_a_checkpoint_that_had_enough_does_not_go_on(tmp_path: Path) -> None:
    settings = replace(QUICK, patience=1)
    worse = iter([0.5, 0.4, 0.3, 0.2])
    first = train(SHOP, settings, lambda towers: next(worse), saved=tmp_path / "fit.pt")
    again = train(SHOP, settings, lambda towers: pytest.fail("it trained on"), saved=tmp_path / "fit.pt")
    assert (first.best_epoch, first.stopped) == (1, "no better for 1 epochs") == (again.best_epoch, again.stopped)


def test_curves_are_files_of_tensorboard(tmp_path: Path) -> None:
    with curves.written(tmp_path) as watch:
        losses = train(SHOP, QUICK, epochs=2, watch=watch).losses
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(tmp_path)).Reload().Scalars("loss")
    assert [(point.step, pytest.approx(point.value)) for point in found] == list(enumerate(losses, start=1))


def test_untrained_towers_know_who_chose_what() -> None:
    """Also where nothing is known of the products but who chose them."""
    blank = [""] * 80
    bare = Products(SHOP.products.ids, blank, [()] * 80, blank, np.zeros(80), [{}] * 80)
    made = split(SHOP.events, "last")
    known = Shop("bare", bare, made.train, {})

    def asked(config: Config) -> float:
        return harness.ndcg(scorer(model.create(known, config), known), made.events, made.validation)

    assert asked(QUICK) > 1.5 * asked(replace(QUICK, warm_start=False))


def test_products_of_the_same_shoppers_begin_close_and_unknown_ones_nowhere() -> None:
    vectors = warm_start.spectral(SHOP, 16, 0)
    assert vectors is not None
    lengths = np.linalg.norm(vectors, axis=1)
    chosen = np.isin(np.arange(80), SHOP.events.item[SHOP.events.chosen])
    assert lengths == pytest.approx(chosen.astype(float), abs=1e-5)
    similar = vectors @ vectors.T
    same = np.arange(80)[:, None] % 6 == np.arange(80) % 6
    assert similar[same & ~np.eye(80, dtype=bool)].mean() > similar[~same].mean() + 0.2


@pytest.mark.parametrize("shoppers", [1, 2])
def test_a_shop_with_hardly_any_shoppers_begins_without(shoppers: int) -> None:
    tiny = small_shop(products=12, shoppers=shoppers, events=3)
    assert warm_start.spectral(tiny, 64, 0) is None or np.isfinite(warm_start.spectral(tiny, 64, 0)).all()
    assert torch.isfinite(model.create(tiny, QUICK).item_vectors()).all()


def test_a_price_is_dear_among_its_like() -> None:
    paths = torch.tensor([[2, 3]] * 50 + [[2, 4]] * 50)
    costs = torch.cat([torch.linspace(1, 5, 50), torch.linspace(100, 500, 50)])[:, None]
    price = prices.Price(len(prices.LEVELS), 5, paths, costs)
    torch.nn.init.zeros_(price.everywhere.weight)
    torch.nn.init.zeros_(price.everywhere.bias)
    torch.nn.init.eye_(price.within.weight)
    sock, coat, cheap_coat = price(torch.tensor([[5.0], [500.0], [100.0]]), torch.tensor([[2, 3], [2, 4], [2, 4]]))
    assert torch.cosine_similarity(sock, coat, 0) > 0.9 > torch.cosine_similarity(coat, cheap_coat, 0)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_an_unknown_price_says_nothing_of_its_level(value: float) -> None:
    price = prices.Price(8, 5, torch.tensor([[2, 3], [0, 0]]), torch.tensor([[3.0], [4.0]]))
    found = price(torch.tensor([[value]]), torch.tensor([[2, 3]]))
    assert torch.equal(found[0], price.everywhere.bias)


def test_precision_is_named_or_refused() -> None:
    cpu = torch.device("cpu")
    assert computing.precision_of(replace(QUICK, precision="bfloat16"), cpu) == torch.bfloat16
    with pytest.raises(ValueError, match="can be auto, float32 or bfloat16"):
        computing.precision_of(replace(QUICK, precision="float8"), cpu)
    losses = [train(SHOP, replace(QUICK, precision=kind), epochs=2).losses[-1] for kind in ("float32", "bfloat16")]
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.02)


@pytest.mark.parametrize("device", ["cuda", "cuda:3"])
def test_a_device_that_the_machine_lacks_is_named(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3 if device == "cuda:3" else 0)
    with pytest.raises(DataError, match=f"name the device {device}, which this machine"):
        computing.device_of(replace(QUICK, device=device))
