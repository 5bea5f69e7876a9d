"""Measures models: `python -m trainers.evaluation --data PATH --protocol time|last|period --model NAME[,NAME...]|all`.

Prints a table; writes everything that was measured as JSON, and a plot beside it.
"""

import argparse
import json
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from trainers.arguments import count, natural, number
from trainers.datasets import DataError, read
from trainers.evaluation import models, paired, plot, quality
from trainers.evaluation.optional import MissingPackage
from trainers.evaluation.protocols import MOST_TEST, PROTOCOLS, split
from trainers.evaluation.report import as_json, show, show_beyond
from trainers.evaluation.report import console as terminal
from trainers.evaluation.run import compare
from trainers.two_tower.config import Config
from trainers.two_tower.errors import Diverged

REPORTS = Path(".aisle/evaluation")
UNUSABLE = 2
"""Exit code for data that cannot be used, packages that are missing, and towers that cannot be trained."""


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    data: Path
    protocol: str
    model: tuple[str, ...]
    report: Path | None
    seed: int
    max_seconds: float | None
    most_questions: int
    checkpoints: Path | None


def main(arguments: list[str] | None = None) -> int:
    """Runs an evaluation; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    console = terminal()
    options = parse(given)
    try:
        evaluate(options, shlex.join(["python", "-m", "trainers.evaluation", *given]), console)
    except (DataError, MissingPackage, Diverged) as error:
        console.print(f"[red]{error}[/]", soft_wrap=True)
        return UNUSABLE
    return 0


def parse(arguments: list[str]) -> Options:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m trainers.evaluation", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder or file; see trainers.datasets.read")
    parser.add_argument("--protocol", choices=list(PROTOCOLS), default="time")
    parser.add_argument(
        "--model",
        type=_names,
        default="baselines,two-tower",
        metavar="NAME[,NAME...]",
        help=f"any of {', '.join((*models.MODELS, *models.GROUPS))}",
    )
    parser.add_argument("--report", type=quality.file, default=None, help=f"the JSON; in {REPORTS} if not named")
    parser.add_argument("--seed", type=natural, default=Config.seed)
    parser.add_argument("--max-seconds", type=number, default=None, help="limit of one training; 0 for none")
    parser.add_argument("--most-questions", type=count, default=MOST_TEST, help="test questions, a sample beyond")
    parser.add_argument("--checkpoints", type=Path, help="folder; a two-tower that was killed goes on from there")
    return Options(**vars(parser.parse_args(arguments)))


def evaluate(options: Options, command: str, console: Console) -> dict[str, Any]:
    """Measures, prints, writes; returns the report.

    Raises:
        DataError: the data cannot be used.
        MissingPackage: a model needs a package that is not installed.
    """
    for name, package in models.missing(options.model).items():
        raise MissingPackage.of(package, name)
    shop = read(options.data)
    made = split(shop.events, options.protocol, options.most_questions)
    asked = models.Asked(shop.name, options.seed, options.max_seconds, options.data, options.checkpoints)
    rows = compare(shop, made, [models.MODELS[name](asked) for name in options.model], console, whole=True)
    title = f"{shop.name}, protocol {options.protocol}, {len(made.test):,} questions, full ranking"
    show(console, title, rows)
    show_beyond(console, rows)
    report = as_json(shop, options.protocol, made, rows, command)
    file = options.report or REPORTS / f"{shop.name}-{options.protocol}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(report, indent=2) + "\n")
    file.with_suffix(".svg").write_text(plot.svg(title, rows))
    paired.save(file.with_suffix(".npz"), made.test, rows)
    console.print(f"written to {file} and {file.with_suffix('.svg').name}", soft_wrap=True)
    return report


def _names(text: str) -> tuple[str, ...]:
    try:
        return models.names(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
