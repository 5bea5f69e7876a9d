"""Measures models: `python -m trainers.evaluation --data PATH [--protocol time] [--report FILE]`."""

import argparse
import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from trainers.datasets import DataError, read
from trainers.evaluation.protocols import PROTOCOLS, split
from trainers.evaluation.recommender import Recommender
from trainers.evaluation.report import as_json, show
from trainers.evaluation.run import baselines, compare
from trainers.two_tower.config import Config
from trainers.two_tower.recommender import TwoTower

MODELS = ("two-tower", "baselines")


def main(arguments: list[str] | None = None) -> int:
    """Runs an evaluation; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m trainers.evaluation", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder or file; see trainers.datasets.read")
    parser.add_argument("--protocol", choices=list(PROTOCOLS), default="time")
    parser.add_argument("--model", choices=MODELS, default="two-tower", help="measured beside the baselines")
    parser.add_argument("--report", type=Path, default=None, help="where to write the JSON")
    parser.add_argument("--seed", type=int, default=Config.seed)
    options = parser.parse_args(arguments)

    console = Console(highlight=False)
    models: list[Recommender] = baselines()
    if options.model == "two-tower":
        models.append(TwoTower(replace(Config(), seed=options.seed)))
    try:
        shop = read(options.data)
        made = split(shop.events, options.protocol)
    except DataError as error:
        console.print(f"[red]{error}[/]", soft_wrap=True)
        return 2
    rows = compare(shop, made, models, console)
    show(console, f"{shop.name}, protocol {options.protocol}, {len(made.test):,} questions, full ranking", rows)
    if options.report:
        command = shlex.join(["python", "-m", "trainers.evaluation", *(arguments or sys.argv[1:])])
        report = as_json(shop, options.protocol, made, rows, command)
        options.report.parent.mkdir(parents=True, exist_ok=True)
        options.report.write_text(json.dumps(report, indent=2) + "\n")
        console.print(f"written to {options.report}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
