"""Feast's repository and the batch work on it: `python -m services.recs.features apply|build|report|score|materialise`.

apply        renders feature_store.yaml and applies the definitions (needs --repo alone)
build        writes what was known at every moment, from the log of events, to the files behind the views; measures them
report       prints how fresh the views are and how far they are from what the release learned from; writes JSON
score        scores the shoppers to whom something happened, by the towers of the release that answers them
materialise  fills an empty online store from the files; the worker then goes on from the log

All but `apply` read AISLE_RECS_*, as the worker does. For the shop on this machine: `python -m local features report`.
Exit codes: 0 done; 1 failed; 3 the worker is at work, which does it already.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from rich.console import Console

from services.kit.settings import load
from services.recs.features import report
from services.recs.features.app import Batch, WorkerRuns
from services.recs.features.repository import Repository
from services.recs.features.scoring import Done
from services.recs.features.settings import BatchSettings

FAILED, WORKER_RUNS = 1, 3
LEAST_URGENT = 19
PIPED = 200
"""Columns of a table that goes to a file or a program."""
COMMANDS = ("apply", "build", "report", "score", "materialise")


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; returns the exit code."""
    options = _parser().parse_args(arguments)
    # Where nobody looks, as in a log or a file, nothing is cut off at the edge of a screen.
    shown = sys.stdout.isatty() or "COLUMNS" in os.environ
    console = Console(highlight=False, width=None if shown else PIPED)
    if options.command == "apply":
        return _apply(options, console)
    if options.nice:
        os.nice(LEAST_URGENT)
    settings = load(BatchSettings)
    try:
        asyncio.run(_run(options, settings, console))
    except WorkerRuns:
        console.print("[yellow]The worker is at work and pushes what is newer than the files: nothing was done.[/]")
        return WORKER_RUNS
    except Exception as error:
        console.print(f"[red]{options.command} failed: {type(error).__name__}: {error}[/]", soft_wrap=True)
        return FAILED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m services.recs.features",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--nice", action="store_true", help="let everybody else go first")
    parser.add_argument("--json", type=Path, help="report: where to write the JSON; in the repository if not named")
    group = parser.add_argument_group("apply")
    group.add_argument("--repo", type=Path, help="folder of feature_store.yaml")
    group.add_argument("--online", choices=["sqlite", "redis"], default="sqlite")
    group.add_argument("--redis", default="127.0.0.1:6379", help="connection string of Redis")
    group.add_argument("--registry", default="registry.db", help="path or URL of the registry")
    return parser


def _apply(options: argparse.Namespace, console: Console) -> int:
    if options.repo is None:
        console.print("[red]apply needs --repo, the folder of feature_store.yaml.[/]")
        return FAILED
    Repository(options.repo.resolve(), options.online, options.redis, options.registry).apply()
    console.print(f"Applied to {options.repo}.", soft_wrap=True)
    return 0


async def _run(options: argparse.Namespace, settings: BatchSettings, console: Console) -> None:
    async with Batch(settings, console) as batch:
        match options.command:
            case "build":
                found = await batch.build()
                rows = ", ".join(f"{view.rows:,} of {view.view}" for view in found.freshness)
                console.print(f"rows written: {rows}", soft_wrap=True)
            case "report":
                file = options.json or settings.feast_repo / report.FILE
                found = await batch.measure()
                report.show(found, console)
                report.save(found, file)
                console.print(f"written to {file}", soft_wrap=True)
            case "score":
                console.print(said(await batch.score()), soft_wrap=True)
            case "materialise":
                await batch.materialise()
                console.print("the online store holds what the files hold")


def said(done: Done) -> str:
    """What was scored; where nothing was, why, and what to do."""
    if not done.releases:
        return "No release answers yet, so there is nothing to score by. Train and publish one: make retrain"
    releases = ", ".join(map(str, sorted(done.releases)))
    if not done.shoppers:
        return f"Nothing happened to a shopper since release {releases} scored them last: their scores are right."
    return f"{done.shoppers:,} shoppers scored by release {releases}"


if __name__ == "__main__":
    sys.exit(main())
