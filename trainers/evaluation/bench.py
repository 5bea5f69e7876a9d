"""Measures the whole table of quality: `python -m trainers.evaluation.bench` (or `make bench-quality`).

Writes docs/quality.json and docs/quality.md. Data sets that are not there are skipped, and said.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from trainers.arguments import number
from trainers.datasets import DataError
from trainers.evaluation import models, page, paired, quality
from trainers.evaluation.__main__ import REPORTS, evaluate, parse
from trainers.evaluation.optional import MissingPackage

ROOT = Path(__file__).resolve().parents[2]
MEASURED = ("datasets", "evaluation", "ranker", "two_tower")
TOWERS = "two-tower"
NOTES = Path(__file__).with_name("notes.md")
LINK = re.compile(r"(?<=\]\()(?!\w+:|#)[^)]+")
"""Where a link to another file leads."""


@dataclass(frozen=True)
class Measured:
    """A data set with the protocol by which it is measured."""

    folder: str
    dataset: str
    """Its name in the records."""
    protocol: str


TABLE = (Measured("movielens-100k", "movielens-100k", "time"), Measured("amazon-beauty", "Beauty", "last"))
ALL_QUESTIONS = 1_000_000
"""What is compared with published numbers asks every shopper."""


def main(arguments: list[str] | None = None) -> int:
    """Measures; returns the exit code: 1 if nothing could be measured."""
    parser = argparse.ArgumentParser(prog="python -m trainers.evaluation.bench", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with the data sets")
    parser.add_argument("--only", default="", metavar="FOLDER[,FOLDER...]", help="some of the data sets")
    parser.add_argument("--model", default="all", metavar="NAME[,NAME...]")
    parser.add_argument("--max-seconds", type=number, default=None, help="limit of one training; 0 for none")
    parser.add_argument(
        "--out", type=quality.folder, default=ROOT / "docs", help="folder of quality.json and quality.md"
    )
    parser.add_argument("--checkpoints", type=Path, help="folder; two-towers that were killed go on from there")
    options = parser.parse_args(arguments)
    console = Console(highlight=False)
    wanted = [each for each in TABLE if not options.only or each.folder in options.only.split(",")]
    skipped = [_measure(each, name, options, console) for each in wanted for name in models.names(options.model)]
    for each in wanted:
        quality.update(options.out / "quality.json", differences(each, REPORTS / "bench"))
    render(options.out)
    for sentence in dict.fromkeys(filter(None, skipped)):
        console.print(f"[yellow]skipped: {sentence}[/]", soft_wrap=True)
    return 1 if all(skipped) else 0


def render(folder: Path) -> None:
    """Writes the page from the records."""
    found = quality.load(folder / "quality.json")
    page.write(folder / "quality.md", found, notes(folder) + gaps(found))


def notes(folder: Path) -> str:
    """The notes, with links that lead to the same files from a page in that folder."""

    def from_there(link: re.Match[str]) -> str:
        return Path(os.path.relpath(NOTES.parent / link[0], folder)).as_posix()

    return LINK.sub(from_there, NOTES.read_text(encoding="utf-8"))


def gaps(found: Sequence[quality.Record]) -> str:
    """Says what of the table was not measured yet."""
    measured = {(record["dataset"], record["protocol"], record["model"]) for record in found}
    lines = []
    for each in TABLE:
        names = [make(models.Asked(each.dataset)).name for make in models.MODELS.values()]
        missing = [name for name in names if (each.dataset, each.protocol, name) not in measured]
        if missing:
            lines.append(f"- {each.dataset}, protocol {each.protocol}: {', '.join(missing)}.")
    return "\n".join(["Not measured yet; `make bench-quality` does it:\n", *lines, ""]) if lines else ""


def differences(each: Measured, reports: Path) -> list[quality.Record]:
    """How far the towers are above each other model that answered the same questions, as records."""
    own = reports / f"{each.folder}-{each.protocol}-{TOWERS}.npz"
    if not own.exists():
        return []
    mine, place = paired.load(own), {"task": paired.TASK, "dataset": each.dataset, "protocol": each.protocol}
    source = {"command": "make bench-quality", "revision": revision()}
    found: list[quality.Record] = []
    for file in sorted(reports.glob(f"{each.folder}-{each.protocol}-*.npz")):
        other = paired.load(file)
        if file == own or not mine.same_questions(other):
            continue
        for model, scored in other.models.items():
            differs = paired.above(next(iter(mine.models.values())), scored, mine.questions["user"])
            found += [
                {**place, "model": model, "metric": metric, **vars(estimate), **source}
                for metric, estimate in differs.items()
            ]
    return found


def _measure(each: Measured, model: str, options: argparse.Namespace, console: Console) -> str:
    """Measures one model and writes its records at once, so that nothing is lost when a later one fails; returns why
    it was skipped, if it was."""
    given = ["--data", str(options.data / each.folder), "--protocol", each.protocol, "--model", model]
    given += ["--most-questions", str(ALL_QUESTIONS)]
    checkpoints = options.checkpoints / f"{each.folder}-{each.protocol}-{model}" if options.checkpoints else None
    given += [] if options.max_seconds is None else ["--max-seconds", f"{options.max_seconds:g}"]
    measured_at = revision()  # before: a commit may come while it runs
    report = REPORTS / "bench" / f"{each.folder}-{each.protocol}-{model}.json"
    try:
        asked = replace(parse([*given, "--report", str(report)]), checkpoints=checkpoints)
        found = evaluate(asked, "", console)
    except (DataError, MissingPackage) as error:
        return str(error)
    command = " ".join(["python -m trainers.evaluation", *given])
    new = quality.records(found, command, measured_at)
    quality.update(options.out / "quality.json", new)
    return ""


def revision() -> str:
    """The commit that was measured, with + where what is measured differs from it."""
    changed = _git("status", "--porcelain", "--", *(f"trainers/{part}" for part in MEASURED))
    return _git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")


def _git(*arguments: str) -> str:
    command: Sequence[str] = ("git", *arguments)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() or "unknown" * (arguments[0] == "rev-parse")


if __name__ == "__main__":
    sys.exit(main())
