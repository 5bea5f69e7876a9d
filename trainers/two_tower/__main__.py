"""Trains the towers, or looks for better settings.

python -m trainers.two_tower train --products P.parquet --events E.parquet --out DIR
python -m trainers.two_tower tune --data DIR --out settings.json

Exit codes: 0 done; 2 the data cannot be used; 3 the towers are not good enough, or cannot be trained with the settings.
"""

import argparse
import shlex
import sys
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from trainers.arguments import count, natural, number
from trainers.datasets import DataError, Shop, read
from trainers.datasets.aisle import read_files
from trainers.evaluation.protocols import PROTOCOLS
from trainers.two_tower import curves, settings
from trainers.two_tower.build import build
from trainers.two_tower.config import Config
from trainers.two_tower.errors import Diverged, Refused

BAD_DATA, REFUSED = 2, 3
COMMANDS = ("train", "tune")


def main(arguments: list[str] | None = None) -> int:
    """Runs a command, `train` if none is named; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    parser = _parser()
    named = bool(given) and given[0] in (*COMMANDS, "-h", "--help")
    options = parser.parse_args(given if named else ["train", *given])
    if (options.data is None) == (options.products is None or options.events is None):
        parser.error("name either --data, or --products and --events")
    console = Console(highlight=False)
    try:
        options.run(options, shlex.join(["python", "-m", "trainers.two_tower", *given]), console)
    except DataError as error:
        console.print(f"[red]{error}[/]", soft_wrap=True)
        return BAD_DATA
    except (Refused, Diverged) as error:
        console.print(f"[red]{error}[/]", soft_wrap=True)
        return REFUSED
    console.print(f"written to {options.out}", soft_wrap=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m trainers.two_tower", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="|".join(COMMANDS))
    trained = commands.add_parser("train", help="train, measure, export")
    trained.add_argument("--out", type=Path, required=True, help="folder for the towers and the report")
    trained.add_argument("--max-seconds", type=number, default=None, help="limit of the first training; 0 for none")
    trained.add_argument("--checkpoints", type=Path, help="folder; a training that was killed goes on from there")
    trained.add_argument("--curves", type=Path, help="folder for TensorBoard")
    trained.set_defaults(run=_train)
    tuned = commands.add_parser("tune", help="look for settings that answer the validation questions better")
    tuned.add_argument("--out", type=Path, required=True, help="file for the settings, which --config takes")
    tuned.add_argument("--protocol", choices=list(PROTOCOLS), default="time")
    tuned.add_argument("--trials", type=count, default=30, help="trainings, those of an earlier search included")
    tuned.add_argument("--seconds", type=number, default=0.0, help="no new training after so long; 0 for no limit")
    tuned.add_argument("--study", type=Path, help="file of the study; beside --out if not named")
    tuned.set_defaults(run=_tune)
    for command in (trained, tuned):
        command.add_argument("--products", type=Path, help="products.parquet, .jsonl or .csv")
        command.add_argument("--events", type=Path, help="events.parquet, .jsonl or .csv")
        command.add_argument("--users", type=Path, help="users with preferred_categories, if there are any")
        command.add_argument("--data", type=Path, help="instead of the files: a folder in any format that is known")
        command.add_argument("--config", type=Path, help="file of settings, to begin with")
        command.add_argument("--seed", type=natural, default=None)
    return parser


def _train(options: argparse.Namespace, command: str, console: Console) -> None:
    config = _config(options)
    if options.max_seconds is not None:
        config = replace(config, max_seconds=options.max_seconds)
    with curves.written(options.curves) as watch:
        build(_shop(options), config, options.out, command, console, options.checkpoints, watch)


def _tune(options: argparse.Namespace, command: str, console: Console) -> None:
    # Optuna is needed for this alone.
    from trainers.two_tower import tune

    options.out.parent.mkdir(parents=True, exist_ok=True)  # a search of hours is not to end with a folder that lacks
    study = options.study or options.out.with_suffix(".study.sqlite")
    search = tune.Search(options.protocol, options.trials, options.seconds, study)
    settings.write(tune.tune(_shop(options), _config(options), search, console), options.out)


def _config(options: argparse.Namespace) -> Config:
    config = settings.load(options.config) if options.config else Config()
    return config if options.seed is None else replace(config, seed=options.seed)


def _shop(options: argparse.Namespace) -> Shop:
    if options.data is not None:
        return read(options.data)
    return read_files(options.products, options.events, options.users)


if __name__ == "__main__":
    sys.exit(main())
