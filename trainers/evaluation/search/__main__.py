"""Measures search: `python -m trainers.evaluation.search --corpus DIR --ground-truth FILE[,FILE...]`.

--corpus DIR          pictures named by their ids, or a data set with styles.csv or products.csv
--ground-truth FILE   questions with the ids that answer them: {"red shoes": {"1163": 1, "1164": 1}}
--products DIR        what the encoders were trained on, if that is not --corpus alone; once for each folder

Pictures are ranked by themselves. Where texts are known (from the data set, or --texts), documents of 0.9 picture and
0.1 text, BM25 of the titles, the sentence encoder, and these fused are measured too; and the search service itself:
`search: words`, `search: meaning`, and `search`, which is both, as a shopper gets it. Without --ground-truth the
questions of the KAGL protocol are asked: titles for pictures, categories and colours for documents, and altered copies
of pictures for their products, on those products that were held out in training (--whole: on all of --corpus, where
most of the altered pictures are of products that were learned from). Which those are is said by the report of the
encoders; other products than those of their training are refused. How many of the products that are asked for the
encoders have learned from is said with every table.
"""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from trainers.arguments import count, natural
from trainers.clip import data
from trainers.datasets import DataError
from trainers.encoders import candidate
from trainers.evaluation import quality
from trainers.evaluation.report import console as terminal
from trainers.evaluation.search import corpora, held_out, looks, records, service, tasks
from trainers.evaluation.search.measure import PICTURES, measure
from trainers.evaluation.search.rankers import Corpus, looked, rankers, see
from trainers.evaluation.search.rankers import looks as looks_of
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
    asked, learned = found["asked_for"], found["learned_from"]
    said = "not known; --products names the folders of their training" if learned is None else f"{learned:,}"
    console.print(f"Learned from, of the {asked:,} products that may be the answer: {said}", soft_wrap=True)


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m trainers.evaluation.search",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--ground-truth", default="", metavar="FILE[,FILE...]")
    parser.add_argument("--products", type=Path, action="append", metavar="DIR", help="of the encoders' training")
    parser.add_argument("--texts", type=Path, help='JSON `{"id": "text"}` for a folder of pictures alone')
    parser.add_argument("--encoders", type=Path, help="folder of encoders (default: the newest of the shop here)")
    parser.add_argument("--whole", action="store_true", help="the corpus is the whole catalogue")
    parser.add_argument("--titles", type=count, help="ask for the products of so many held-out titles (default: all)")
    parser.add_argument("--seed", type=natural, help="of the split, for encoders that learned from no product")
    parser.add_argument("--json", type=quality.file, help="file for everything that was measured")
    parser.add_argument("--quality", type=quality.folder, help="folder of quality.json and quality.md for the numbers")
    parser.add_argument("--quiet", action="store_true", help="no progress bars")
    return parser


@dataclass(frozen=True)
class Asked:
    """What is measured."""

    corpus: Corpus
    tasks: list[Task]
    learned: frozenset[str] | None
    """Products that the encoders have learned from; None if nobody knows."""
    name: str
    """Of the corpus, in the table."""


def _measure(options: argparse.Namespace) -> dict[str, Any]:
    folder = options.encoders or newest(Path(os.environ.get("AISLE_DATA") or ROOT / ".aisle"))
    if not candidate.specs(folder):
        raise DataError(f"{folder} has no {candidate.SPEC} with encoders.")
    asked = _own_questions(options, folder) if options.ground_truth else _held_out(options, folder)
    corpus, quiet = asked.corpus, options.quiet
    seen, look = see(corpus, folder, quiet=quiet), looked(corpus, folder, quiet=quiet)
    shop = service.Shop(corpus, folder, seen, look, quiet=quiet) if corpus.texts else None
    measured = measure(asked.tasks, corpus, {**rankers(corpus, folder, seen, quiet=quiet), **service.rankers(shop)})
    right = {task.name: {id_ for ids in task.truth.values() for id_ in ids} for task in asked.tasks}
    if (seen or look) and not options.ground_truth:
        copies = looks.measure(corpus.pictures, {**looks_of(seen, look), **service.looks(shop)}, TRIES)
        # Any product of the corpus may be the one whose picture is altered.
        right |= {name: set(corpus.ids) for name in copies}
        measured |= copies
    told = {name: {**found, **_learned(asked, right[name])} for name, found in measured.items()}
    return {"dataset": options.corpus.name, "corpus": asked.name, "tasks": told}


def _learned(asked: Asked, right: Collection[str]) -> dict[str, int | None]:
    """How many products may be the right answer, and how many of them the encoders have learned from."""
    return {"asked_for": len(right), "learned_from": None if asked.learned is None else len(asked.learned & set(right))}


def _own_questions(options: argparse.Namespace, folder: Path) -> Asked:
    corpus = corpora.of_folder(options.corpus, options.texts)
    asked = _from_files(options.ground_truth.split(","), set(corpus.ids), corpus.texts is not None)
    trained_on = options.products or [options.corpus]
    known = options.products or corpora.holds_products(options.corpus)
    learned = held_out.learned(folder, data.read(trained_on) if known else [])
    if learned is None and options.products:
        raise DataError(f"The encoders in {folder} were trained on other products than those of --products.")
    return Asked(corpus, asked, learned, "own questions")


def _held_out(options: argparse.Namespace, folder: Path) -> Asked:
    trained_on = data.read(options.products or [options.corpus])
    known = held_out.held_out(folder, trained_on, options.seed, options.titles)
    products = data.read([options.corpus]) if options.products else trained_on
    ids = {product.id for product in known}
    chosen = [product for product in products if product.id in ids]
    if not chosen:
        raise DataError(f"No product of {options.corpus} was held out when the encoders in {folder} were trained.")
    asked = tasks.of_products(chosen)
    learned = held_out.learned(folder, trained_on)
    if not options.whole:
        return Asked(corpora.of_products(chosen), asked, learned, "held out")
    # Categories and colours describe products that were learned from: only titles are asked of all products.
    asked = [task for task in asked if task.pictures_alone]
    return Asked(corpora.of_products(products), asked, learned, "all")


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
