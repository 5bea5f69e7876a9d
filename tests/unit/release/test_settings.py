"""What a search found reaches a release."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from tests.support.shops import small_shop
from tests.unit.release.conftest import CONSOLE, Recs, unheld
from tests.unit.two_tower.conftest import QUICK
from trainers.datasets import DataError, Shop
from trainers.ranker import build as ranker
from trainers.release import __main__ as program
from trainers.release import features, places, prune, settings, training
from trainers.release.extract import Extract
from trainers.release.places import ROOT
from trainers.two_tower import settings as files
from trainers.two_tower.config import Config

TEMPLATES = ROOT / "model_repository"


def of(*arguments: object) -> Config:
    return settings.from_flags(program._parse(["train", *map(str, arguments)]), TEMPLATES)


def written(folder: Path, **values: Any) -> Path:
    (folder / "settings.json").write_text(json.dumps(values))
    return folder / "settings.json"


def test_a_file_stands_before_what_is_usual_and_the_command_line_before_a_file(tmp_path: Path) -> None:
    file = written(tmp_path, layers=2, seed=3, max_seconds=5, encoders=["sentence"])
    assert of() == Config()
    assert of("--config", file) == Config(layers=2, seed=3, max_seconds=5, encoders=("sentence",))
    named = of("--config", file, "--seed", 4, "--max-seconds", 0, "--encoders", "clip_image")
    assert named == Config(layers=2, seed=4, max_seconds=0, encoders=("clip_image",))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"dimension": 128}, r"histories of 50 events and vectors of 128 numbers; .* serves 50 and 64"),
        ({"history_length": 20}, r"histories of 20 events .* serves 50 and 64"),
        ({"encoders": ["clip_text"]}, "'clip_text'; there are sentence, clip_image, look_image"),
        ({"layers": "two"}, "'layers'"),
    ],
)
def test_settings_that_no_release_can_have_are_refused(tmp_path: Path, values: Mapping[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        of("--config", written(tmp_path, **values))


@pytest.mark.parametrize("command", ["train", "all", "retrain"])
def test_a_file_that_cannot_be_used_is_refused_before_anything_is_read(
    recs: Recs, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(places, "from_flags", lambda _: recs.places)
    monkeypatch.setattr(program, "_run", lambda *_: pytest.fail("it began"))
    assert program.main([command, "--config", str(written(tmp_path, depth=3))]) == program.BAD_DATA
    assert "the setting 'depth', which there is not" in " ".join(capsys.readouterr().out.split())


def extracted(shop: Shop, folder: Path) -> None:
    """The files that extract would have written of the shop."""
    folder.mkdir()
    products, events = shop.products, shop.events
    rows = {
        "id": products.ids, "title": products.titles, "category_ids": [list(path) for path in products.categories],
        "brand": products.brands, "price": [str(price) for price in products.prices],
    }  # fmt: skip
    parquet.write_table(pa.table(rows), folder / "products.parquet")
    kinds = {1: "view", 2: "add_to_cart", 3: "purchase", 4: "like", 5: "dislike", 6: "rate"}
    columns = {
        "user": [events.users[user] for user in events.user], "product": [products.ids[item] for item in events.item],
        "kind": [kinds[kind] for kind in events.kind], "time": events.time,
    }  # fmt: skip
    parquet.write_table(pa.table(columns), folder / "events.parquet")
    Extract(len(products), len(events), "1").save(folder)


class Killed(Exception):
    """What the test ends a training with."""


@pytest.mark.slow
def test_a_release_is_trained_with_the_settings_named_and_goes_on_where_it_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recs = Recs(tmp_path)
    monkeypatch.setattr(features, "held", unheld)
    extracted(small_shop(), recs.places.offline)
    wanted = replace(QUICK, temperature=0.123)
    files.write(wanted, tmp_path / "tuned.json")
    folders = ["--checkpoints", tmp_path / "saved", "--curves", tmp_path / "curves"]
    options = program._parse(["train", "--config", str(tmp_path / "tuned.json"), *map(str, folders)])

    def train() -> None:
        training.train(recs, recs.places, options, "a test", CONSOLE)  # type: ignore[arg-type]

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("trainers.two_tower.build._write_towers", lambda *_: {})  # the second training exports
        patch.setattr(ranker, "add", killed)
        with pytest.raises(Killed):
            train()
    assert not recs.places.candidate.exists()
    with monkeypatch.context() as patch:
        patch.setattr("trainers.two_tower.train._epoch", lambda *_: pytest.fail("it began again"))
        train()
    assert files.load(recs.places.candidate / settings.FILE) == wanted
    report = json.loads((recs.places.candidate / "report.json").read_text())
    assert report["config"]["temperature"] == 0.123
    assert report["ranker"].get("config", {"seed": wanted.seed})["seed"] == wanted.seed
    assert any((tmp_path / "curves").iterdir())


def test_the_help_of_each_flag_says_its_default_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AISLE_MILVUS_TOKEN", "s3cret")
    parser = program._parser()
    assert "s3cret" not in parser.format_help()
    flags = [action for action in parser._actions if action.option_strings and action.dest != "help"]
    assert len(flags) > 20
    for flag in flags:
        assert "default" in (flag.help or ""), flag.option_strings
    said = " ".join(parser.format_help().split())
    for stays in (f"stay (default: {prune.NEWEST})", "--config, or 7)", "--config, or 60)"):
        assert stays in said
