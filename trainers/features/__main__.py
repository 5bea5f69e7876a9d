"""Training data from the feature views: `python -m trainers.features check | join`.

check  holds the events of the shop, as python -m trainers.release extract wrote them, to its views, as each training
       of a release does: the history of every moment is that of the view, and no row tells of what came after it. On
       a sample, what the towers cut out of the log is what the view says, and no row tells of what came after its
       label
join   adds all features to labels, as they were just before each: reads parquet with the columns shopper, product
       and time, writes parquet. Rows with leaks are refused.

Exit codes: 0 done; 1 the views cannot be read; 2 the data cannot be used; 3 leaks or differing histories.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from trainers.arguments import count
from trainers.datasets import DataError
from trainers.datasets.aisle import read_files
from trainers.evaluation.protocols import every_choice
from trainers.features import histories, leaks, training
from trainers.features.errors import FeatureError, LeakError
from trainers.features.views import PRODUCT, SHOPPER, TIME, Views
from trainers.release.places import data_folder
from trainers.two_tower.config import Config
from trainers.two_tower.spec import of_config

UNREADABLE, BAD_DATA, REFUSED = 1, 2, 3
SAMPLE = 500
LABELS = {SHOPPER, PRODUCT, TIME}


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; returns the exit code."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False)
    try:
        views = Views(options.repo or data_folder(options) / "feast")
        if options.command == "join":
            return _join(options, views, console)
        return _check(options, views, console)
    except FeatureError as error:
        return _said(console, error, UNREADABLE)
    except (DataError, OSError) as error:
        return _said(console, error, BAD_DATA)
    except LeakError as error:
        return _said(console, error, REFUSED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m trainers.features", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("check", "join"))
    parser.add_argument("--data", type=Path, help="data folder of a shop on this machine (AISLE_DATA, or .aisle)")
    parser.add_argument(
        "--repo", type=Path, help="folder of feature_store.yaml; `feast` in the data folder if not named"
    )
    parser.add_argument("--events", type=Path, help="check: folder of the extract; `offline` in the data folder")
    parser.add_argument("--sample", type=count, default=SAMPLE, help="check: labels that are looked at, by a seed")
    parser.add_argument("--labels", type=Path, help="join: parquet to read")
    parser.add_argument("--out", type=Path, help="join: parquet to write")
    return parser


def _join(options: argparse.Namespace, views: Views, console: Console) -> int:
    if options.labels is None or options.out is None:
        raise DataError("join needs --labels and --out.")
    try:
        labels = pd.read_parquet(options.labels)
    except (OSError, ValueError) as error:
        raise DataError(f"{options.labels} cannot be read as parquet: {error}") from error
    if missing := LABELS - set(labels.columns):
        raise DataError(f"{options.labels} has no column {', '.join(sorted(missing))}.")
    with _progress(console) as progress:
        task = progress.add_task("join", total=len(labels))
        rows = views.at(labels, partial(progress.advance, task))
    leaks.refuse(rows)
    rows.to_parquet(options.out)
    console.print(f"{len(rows):,} rows with {len(rows.columns)} columns written to {options.out}", soft_wrap=True)
    return 0


def _check(options: argparse.Namespace, views: Views, console: Console) -> int:
    folder = options.events or data_folder(options) / "offline"
    shop = read_files(folder / "products.parquet", folder / "events.parquet")
    _, held = training.hold(shop, folder / "events.parquet", Config().history_length, views)
    console.print(str(held), soft_wrap=True)
    asked = every_choice(shop.events).sample(options.sample)
    with _progress(console) as progress:
        task = progress.add_task("compare histories", total=len(asked))
        spec = of_config(Config())
        found = list(histories.compare(shop, asked, spec, views, partial(progress.advance, task)))
        task = progress.add_task("look for leaks", total=len(asked))
        leaks.refuse(views.at(histories.labels(shop, asked), partial(progress.advance, task)))
    equal = len(asked) - len(found)
    console.print(f"{equal:,} of {len(asked):,} histories are those of the view; no row tells of what came later")
    for difference in found[:3]:
        console.print(f"[red]{difference.shopper}: {difference.towers[-3:]}, and in the view {difference.view[-3:]}[/]")
    return REFUSED if found else 0


@contextmanager
def _progress(console: Console) -> Iterator[Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield progress


def _said(console: Console, error: object, code: int) -> int:
    console.print(f"[red]{error}[/]", soft_wrap=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
