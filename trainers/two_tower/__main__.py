"""Trains the towers: `python -m trainers.two_tower --products P.parquet --events E.parquet --out DIR`."""

import argparse
import shlex
import sys
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from trainers.datasets import DataError, Shop, read
from trainers.datasets.aisle import read_files
from trainers.two_tower.build import Refused, build
from trainers.two_tower.config import Config

REFUSED = 3
"""Exit code for towers that are not good enough; 2 is for data that cannot be used."""


def main(arguments: list[str] | None = None) -> int:
    """Trains, measures and exports; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m trainers.two_tower", description=__doc__)
    parser.add_argument("--products", type=Path, help="products.parquet, .jsonl or .csv")
    parser.add_argument("--events", type=Path, help="events.parquet, .jsonl or .csv")
    parser.add_argument("--users", type=Path, default=None, help="users with preferred_categories, if there are any")
    parser.add_argument("--data", type=Path, help="instead of the files: a folder in any format that is known")
    parser.add_argument("--out", type=Path, required=True, help="folder for the towers and the report")
    parser.add_argument("--seed", type=int, default=Config.seed)
    parser.add_argument("--max-seconds", type=float, default=Config.max_seconds, help="limit of the first training")
    options = parser.parse_args(arguments)
    if (options.data is None) == (options.products is None or options.events is None):
        parser.error("name either --data, or --products and --events")

    console = Console(highlight=False)
    config = replace(Config(), seed=options.seed, max_seconds=options.max_seconds)
    command = shlex.join(["python", "-m", "trainers.two_tower", *(arguments or sys.argv[1:])])
    try:
        build(_shop(options), config, options.out, command, console)
    except DataError as error:
        console.print(f"[red]{error}[/]", soft_wrap=True)
        return 2
    except Refused as error:
        console.print(f"[red]{error}[/]", soft_wrap=True)
        return REFUSED
    console.print(f"written to {options.out}", soft_wrap=True)
    return 0


def _shop(options: argparse.Namespace) -> Shop:
    if options.data is not None:
        return read(options.data)
    return read_files(options.products, options.events, options.users)


if __name__ == "__main__":
    sys.exit(main())
