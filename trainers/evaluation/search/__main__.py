"""Measures search: `python -m trainers.evaluation.search --corpus DIR --ground-truth FILE[,FILE...]`.

--corpus DIR          pictures named by their ids, or a data set with styles.csv or products.csv
--ground-truth FILE   questions with the ids that answer them: {"red shoes": {"1163": 1, "1164": 1}}

Pictures are ranked by themselves; where texts are known (from the data set, or --texts) documents of 0.9 picture and
0.1 text, lexical search, the sentence encoder and all of them fused are measured too. Without --ground-truth the
questions of the KAGL protocol are asked: titles for pictures, categories and colours for documents, and altered copies
of pictures for their products, on those products of --corpus that were held out in training (--whole: on all of them).
Which those are is said by the report of the encoders.
"""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from trainers.arguments import count, natural
from trainers.clip import data, split
from trainers.clip.config import Config
from trainers.datasets import DataError
from trainers.encoders import candidate
from trainers.evaluation import quality
from trainers.evaluation.report import console as terminal
from trainers.evaluation.search import corpora, looks, records, tasks
from trainers.evaluation.search.measure import PICTURES, measure
from trainers.evaluation.search.rankers import looks as looks_of
from trainers.evaluation.search.rankers import rankers, see
from trainers.evaluation.search.tasks import Task

ROOT = Path(__file__).resolve().parents[3]
TRIES = 500
"""Altered copies of each kind."""
SHOWN = ("recall@1", "recall@3", "recall@10", "mrr", "P@1", "P@10", "best P@10")


def main(arguments: list[str] | None = None) -> int:
    """Measures and prints; returns the exit code: 2 if the data or the encoders cannot be used."""
    options = _parser().parse_args(arguments)
    console = terminal()
    command = shlex.join(["python", "-m", "trainers.evaluation.search", *(arguments or sys.argv[1:])])
    try:
        report = _measure(options)
    except (DataError, OSError) as error:
        console.print(f"[red]{error}[/]", soft_wrap=True)
        return 2
    for name, found in report["tasks"].items():
        show(console, name, found)
    if options.json:
        options.json.write_text(json.dumps({"command": command, **report}, indent=2) + "\n")
    if options.quality:
        records.update(options.quality, report, command)
    return 0


def show(console: Console, name: str, found: dict[str, Any]) -> None:
    """Prints one task."""
    table = Table(title=f"{name}: {found['questions']:,} questions, {found['documents']:,} documents")
    table.add_column("ranked by")
    for metric in SHOWN:
        table.add_column(metric, justify="right")
    for ranker, estimates in found["rankers"].items():
        table.add_row(ranker, *(f"{estimates[metric]['value']:.4f}" for metric in SHOWN))
    console.print(table)


def newest(data_folder: Path) -> Path:
    """The encoders of the shop in that folder: the newest release, else the candidate.

    Raises:
        DataError: there are none.
    """
    folder = data_folder / "search_releases"
    numbers = [int(path.name) for path in folder.iterdir() if path.name.isdecimal()] if folder.is_dir() else []
    found = folder / (str(max(numbers)) if numbers else "candidate")
    if not (found / candidate.SPEC).exists():
        raise DataError(
            f"There are no encoders in {folder}. Name them with --encoders, or train: python -m trainers.clip all"
        )
    return found


def trained_with(folder: Path, seed: int | None = None) -> Config:
    """Settings of the split that encoders were trained with, from their report; the usual ones where it names none."""
    report = json.loads((folder / candidate.REPORT).read_text()) if (folder / candidate.REPORT).exists() else {}
    said = report.get("clip", {}).get("config", {})
    names = {"seed", "test_titles", "largest_share"}
    found = replace(Config(), **{name: value for name, value in said.items() if name in names})
    return found if seed is None else replace(found, seed=seed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m trainers.evaluation.search",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--ground-truth", default="", metavar="FILE[,FILE...]")
    parser.add_argument("--texts", type=Path, help='JSON `{"id": "text"}` for a folder of pictures alone')
    parser.add_argument("--encoders", type=Path, help="folder of encoders (default: the newest of the shop here)")
    parser.add_argument("--whole", action="store_true", help="the corpus is the whole catalogue")
    parser.add_argument("--titles", type=count, help="ask for the products of so many held-out titles (default: all)")
    parser.add_argument("--seed", type=natural, help="of the split (default: that of the encoders' training)")
    parser.add_argument("--json", type=quality.file, help="file for everything that was measured")
    parser.add_argument("--quality", type=quality.folder, help="folder of quality.json and quality.md for the numbers")
    parser.add_argument("--quiet", action="store_true", help="no progress bars")
    return parser


def _measure(options: argparse.Namespace) -> dict[str, Any]:
    folder = options.encoders or newest(Path(os.environ.get("AISLE_DATA") or ROOT / ".aisle"))
    if not candidate.specs(folder):
        raise DataError(f"{folder} has no {candidate.SPEC} with encoders.")
    if options.ground_truth:
        corpus = corpora.of_folder(options.corpus, options.texts)
        asked = _from_files(options.ground_truth.split(","), set(corpus.ids), corpus.texts is not None)
    else:
        products = data.read([options.corpus])
        config = trained_with(folder, options.seed)
        held_out = split.split(products, config).test
        if options.titles is not None and options.titles < config.test_titles:
            # The first titles of a split are held out in every split that holds out more.
            held_out = split.split(products, replace(config, test_titles=options.titles)).test
        corpus = corpora.of_products(products if options.whole else held_out)
        asked = tasks.of_products(held_out)
        if options.whole:
            # Categories and colours describe products that were learned from: only titles are asked of all products.
            asked = [task for task in asked if task.pictures_alone]
    seen = see(corpus, folder, quiet=options.quiet)
    measured = measure(asked, corpus, rankers(corpus, folder, seen, quiet=options.quiet))
    if seen is not None and not options.ground_truth:
        measured |= looks.measure(corpus.pictures, looks_of(seen), TRIES)
    return {"dataset": options.corpus.name, "corpus": "all" if options.whole else "held out", "tasks": measured}


def _from_files(files: Sequence[str], known: set[str], with_texts: bool) -> list[Task]:
    made = []
    for name in files:
        truth = tasks.read(Path(name), known)
        made.append(Task(f"{Path(name).stem} ({PICTURES})", truth, pictures_alone=True))
        if with_texts:
            made.append(Task(f"{Path(name).stem} (documents)", truth, pictures_alone=False))
    return made


if __name__ == "__main__":
    sys.exit(main())
