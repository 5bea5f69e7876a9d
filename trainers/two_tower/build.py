"""From a shop's data to the files of a release: measure, refuse or go on, train on everything, export, compare."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
from rich.console import Console

from trainers.datasets import Shop
from trainers.evaluation import run
from trainers.evaluation.metrics import estimate
from trainers.evaluation.protocols import Queries, Split, split_for_release, split_since
from trainers.evaluation.recommender import Recommender
from trainers.evaluation.report import Row, as_json, show
from trainers.two_tower import export, golden, no_worse
from trainers.two_tower.config import Config
from trainers.two_tower.errors import ParityError, Refused
from trainers.two_tower.files import GOLDEN, REPORT, SPEC, VECTORS
from trainers.two_tower.model import Towers
from trainers.two_tower.recommender import TwoTower
from trainers.two_tower.train import Watch, train

GATE_METRIC, GATE_MODEL = "ndcg@20", "popularity"
RIVAL = "item-kNN"
"""What needs no training at all: towers that chance cannot excuse for being below it are not worth serving."""


@dataclass(frozen=True)
class Incumbent:
    """The release that answers, which a new one must not be worse than."""

    model: Recommender
    since: float
    """Both are asked what was chosen from then on, in seconds since 1970; the incumbent learned from earlier events."""
    served: Recommender | None = None
    """The same with its ranker, where it has one: what shoppers get from it."""
    given_up: float = 0.0
    """What its towers and those before them have lost already: see no_worse.py."""
    served_given_up: float = 0.0
    """The same of what shoppers get."""


@dataclass(frozen=True)
class Built:
    """What was built, in a folder."""

    folder: Path
    towers: Towers
    report: dict[str, Any]
    measured: TwoTower
    """The towers that were measured, which have not seen the test events."""
    split: Split
    """What they learned from, and the questions that they were asked."""


def build(
    shop: Shop,
    config: Config,
    folder: Path,
    command: str,
    console: Console,
    saved: Path | None = None,
    watch: Watch | None = None,
    incumbent: Incumbent | None = None,
) -> Built:
    """Builds the files of a release: towers, feature specification, item vectors, golden rows, report.

    What is measured is a training that never saw the test events. What is exported has learned from all events, with
    the settings and the length that were measured. With `saved`, a folder for checkpoints, trainings that were killed
    go on from there; `watch` is told of each epoch of the measured one.

    Raises:
        DataError: there is too little data to measure anything.
        Refused: the towers do not beat popularity, are worse than item-kNN or the incumbent by more than chance
            explains, or than the incumbent by more than is tolerated, or the exported files compute something else
            than torch. The report is written even then.
        Diverged: the settings come to weights that are no numbers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if incumbent:
        protocol, made = "since the release that answers", split_since(shop.events, incumbent.since)
    else:
        protocol, made = split_for_release(shop.events)
    model = TwoTower(config, saved=saved, watch=watch)
    others = [*run.baselines(), *([incumbent.model] if incumbent else [])]
    rows = run.compare(shop, made, [*others, model], console)
    show(console, f"{shop.name}: {len(made.test):,} held-out choices, full ranking", rows)
    assert model.training is not None
    report = as_json(shop, protocol, made, rows, command)
    report["config"] = asdict(config)
    report["training"] = {
        "epochs": model.training.best_epoch,
        "stopped": model.training.stopped,
        "losses": model.training.losses,
        "validation_ndcg@20": model.training.validation,
        "device": str(model.training.towers.device),
        "examples_per_second": round(model.training.speed),
    }
    where, speed = report["training"]["device"], report["training"]["examples_per_second"]
    console.print(f"{speed:,} examples/s on {where}, validation included")
    console.print(f"the training ended: {model.training.stopped}; best after epoch {model.training.best_epoch}")
    report["gates"] = _quality(report["models"], model.name)
    report["gates"][no_worse.PART] = _beside(rows, model, incumbent, made.test)
    write_report(folder, report)
    _refuse_weak(report)

    console.print("training on all events, for the release")
    unlimited = replace(config, max_seconds=0.0)
    file = saved / "release.pt" if saved else None
    trained = train(shop, unlimited, epochs=model.training.best_epoch, saved=file)
    towers = trained.towers.on_cpu()
    report["training"]["release_seconds"] = round(trained.seconds, 1)
    report["gates"]["parity"] = _write_towers(towers, folder)
    write_report(folder, report)
    return Built(folder, towers, report, model, made)


def _quality(models: Mapping[str, Any], name: str) -> dict[str, Any]:
    def value(model: str) -> float:
        return float(models[model]["metrics"][GATE_METRIC]["value"])

    others = [other for other in models if other not in (name, "random")]
    return {
        "metric": GATE_METRIC,
        "value": value(name),
        "must_beat": {GATE_MODEL: value(GATE_MODEL)},
        "beats": {other: value(name) > value(other) for other in others},
    }


def _refuse_weak(report: Mapping[str, Any]) -> None:
    gates = report["gates"]
    if not gates["beats"][GATE_MODEL]:
        raise Refused(
            f"The towers do not beat {GATE_MODEL} on held-out events: {GATE_METRIC} {gates['value']:.4f}, "
            f"{GATE_MODEL} {gates['must_beat'][GATE_MODEL]:.4f}. More events, or events with more pattern, may help."
        )
    if problem := no_worse.problem("The towers", GATE_METRIC, gates):
        raise Refused(problem)


def _beside(
    rows: Sequence[Row], model: TwoTower, incumbent: Incumbent | None, asked: Queries
) -> dict[str, dict[str, float]]:
    """How far the towers are above the incumbent and item-kNN on the same questions."""
    each = {row.name: row.result.each[GATE_METRIC] for row in rows}
    mine = each[model.name]
    found = {RIVAL: vars(estimate(mine - each[RIVAL], asked.user))}
    if incumbent is None:
        return found
    name, tolerated = incumbent.model.name, model.config.tolerated_loss
    return {name: no_worse.measure(mine, each[name], asked.user, incumbent.given_up, tolerated), **found}


def _write_towers(towers: Towers, folder: Path) -> dict[str, Any]:
    (folder / SPEC).write_text(towers.spec.to_json())
    export.write(towers, folder)
    rows = golden.make(towers)
    rows.save(folder / GOLDEN)
    try:
        differences = golden.check_files(golden.load(folder / GOLDEN), folder)
    except ParityError as error:
        raise Refused(str(error)) from error
    vectors = towers.item_vectors().numpy()
    dimension = towers.spec.dimension
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), dimension)
    parquet.write_table(
        pa.table({"product_id": towers.inputs.product_id[:, 0].tolist(), "vector": column}), folder / VECTORS
    )
    return {"tolerance": golden.TOLERANCE, "torch_to_onnx_runtime": differences}


def write_report(folder: Path, report: Mapping[str, Any]) -> None:
    """Writes report.json."""
    (folder / REPORT).write_text(json.dumps(report, indent=2) + "\n")
