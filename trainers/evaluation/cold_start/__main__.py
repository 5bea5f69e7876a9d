"""Measures cold starts: `python -m trainers.evaluation.cold_start --simulated DIR --movielens DIR`.

On the simulated shop, whose tastes are known, against the ceiling; on MovieLens, which has clicks alone, beside
popularity and item-kNN. Writes records to docs/quality.json, the page made from them, and a plot of each curve.
"""

import argparse
import shlex
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from trainers.arguments import number
from trainers.datasets import DataError, read
from trainers.evaluation import bench, quality
from trainers.evaluation.cold_start import curve
from trainers.evaluation.cold_start.measure import METRIC, SHARE, STATED, VISITOR, Curves, Measured, measure
from trainers.evaluation.cold_start.questions import CLICKS
from trainers.evaluation.metrics import Estimate
from trainers.evaluation.simulated import UNTIL
from trainers.simulator import __main__ as simulator
from trainers.simulator.ceiling import read_truth
from trainers.two_tower.config import Config

PROTOCOL = "time"
AIM, AIMED_AT = 0.6, "3 clicks"
"""Of the ceiling, after so many clicks."""
TOWERS = "two-tower"
SIMULATED, MOVIELENS = "simulated shop", "movielens-100k"
UNUSABLE = 2


def main(arguments: list[str] | None = None) -> int:
    """Measures what is named; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(prog="python -m trainers.evaluation.cold_start", description=__doc__)
    parser.add_argument("--simulated", type=Path, help="folder of the simulated shop; made if it is not there")
    parser.add_argument("--movielens", type=Path, help="folder of MovieLens-100K")
    parser.add_argument("--out", type=quality.folder, default=bench.ROOT / "docs")
    parser.add_argument("--max-seconds", type=number, default=Config.max_seconds, help="limit of one training")
    options = parser.parse_args(given)
    if not (options.simulated or options.movielens):
        parser.error("name a shop: --simulated DIR, --movielens DIR, or both")
    console, config = Console(highlight=False), Config(max_seconds=options.max_seconds)
    places = (("--simulated", options.simulated), ("--movielens", options.movielens))
    named = [word for flag, place in places if place for word in (flag, str(place))]
    limit = ["--max-seconds", f"{options.max_seconds:g}"] if options.max_seconds != Config.max_seconds else []
    command = shlex.join(["python", "-m", "trainers.evaluation.cold_start", *named, *limit])
    try:
        if options.simulated:
            _make(options.simulated)
            shop = read(options.simulated)
            found = measure(shop, read_truth(options.simulated, shop.products), config, console)
            _write(found, SIMULATED, options.out, command, console)
            _judge(found, console)
        if options.movielens:
            _write(measure(read(options.movielens), None, config, console), MOVIELENS, options.out, command, console)
    except DataError as error:
        console.print(f"[red]{error}[/]", soft_wrap=True)
        return UNUSABLE
    return 0


def _make(folder: Path) -> None:
    if not (folder / "events.parquet").exists():
        simulator.main(["shop", "--pictures", "none", "--quiet", "--until", UNTIL, "--out", str(folder)])


def _write(found: Curves, dataset: str, out: Path, command: str, console: Console) -> None:
    place = {"dataset": dataset, "protocol": PROTOCOL, "command": command, "revision": bench.revision()}
    records = [
        {"task": task, "model": model, "metric": metric, **vars(estimate), **place}
        for task, models in found.tasks.items()
        for model, measured in models.items()
        for metric, estimate in [*measured.items(), ("questions", _exact(found.questions[task]))]
    ]
    quality.update(out / "quality.json", records)
    for task, name in ((VISITOR, "visitor"), (STATED, "preferences")):
        if task in found.tasks:
            file = out / f"cold-start-{name}-{dataset.replace(' ', '-')}.svg"
            file.write_text(_plot(found.tasks[task], f"{dataset}: {task} after n clicks"), encoding="utf-8")
            console.print(f"written to {file}", soft_wrap=True)
    for task, measured in found.tasks.items():
        _show(console, f"{dataset}: {task}, {found.questions[task]:,} questions", measured)
    bench.render(out)


def _exact(count: int) -> Estimate:
    return Estimate(float(count), float(count), float(count))


def _plot(measured: Measured, title: str) -> str:
    share = all(f"{SHARE}, {CLICKS[0]} clicks" in found for found in measured.values())
    metric = SHARE if share else METRIC
    shown = {name: found for name, found in measured.items() if not (share and name == "ceiling")}
    lines = {name: [found[f"{metric}, {clicks} clicks"] for clicks in CLICKS] for name, found in shown.items()}
    axis = f"share {SHARE}'s {METRIC}" if share else METRIC
    return curve.svg(title, axis, [str(clicks) for clicks in CLICKS], lines, AIM if share else None)


def _show(console: Console, title: str, measured: Measured) -> None:
    metrics = dict.fromkeys(metric for found in measured.values() for metric in found)
    table = Table(title=title, title_justify="left")
    table.add_column("", no_wrap=True)
    for model in measured:
        table.add_column(model, justify="right")
    for metric in metrics:
        cells = [
            f"{each.value:.3f} ({each.low:.3f}-{each.high:.3f})" for each in (m[metric] for m in measured.values())
        ]
        table.add_row(metric, *cells)
    console.print(table)


def _judge(found: Curves, console: Console) -> None:
    """Says whether a visitor is recommended as well as was aimed at."""
    share = found.tasks[VISITOR][TOWERS][f"{SHARE}, {AIMED_AT}"]
    verdict = "reached" if share.low >= AIM else "missed" if share.high < AIM else "neither shown nor refuted"
    console.print(
        f"a visitor after {AIMED_AT}: {share.value:.1%} of the ceiling ({share.low:.1%} to {share.high:.1%}); the aim "
        f"of {AIM:.0%} is {verdict}"
    )


if __name__ == "__main__":
    sys.exit(main())
