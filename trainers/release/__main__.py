"""Makes releases: `python -m trainers.release extract | train | publish | promote | all`.

extract  reads products and events of the running shop into parquet files
train    trains and measures towers on them; refuses what does not beat popularity
publish  puts the towers on the inference server and the item vectors into Milvus, and registers the release
promote  makes a release answer (the newest, or --release N; also the way back to an older one)
all      does one after the other

Exit codes: 0 done; 1 a part of the shop failed; 2 the data cannot be used; 3 the towers were refused;
130 interrupted. Whatever happens, the release before goes on answering.
"""

import argparse
import shlex
import shutil
import signal
import sys
from contextlib import nullcontext
from dataclasses import replace

from rich.console import Console

from trainers.datasets import DataError
from trainers.datasets.aisle import read_files
from trainers.release import extract, places, publish
from trainers.release.errors import ReleaseError
from trainers.release.places import Places
from trainers.release.services import Services
from trainers.two_tower.build import Refused, build
from trainers.two_tower.config import Config
from trainers.two_tower.golden import ParityError

FAILED, BAD_DATA, REFUSED, INTERRUPTED = 1, 2, 3, 130
STEPS = ("extract", "train", "publish", "promote")


def main(arguments: list[str] | None = None) -> int:
    """Runs the steps that are asked for; returns the exit code."""
    options = _parser().parse_args(arguments)
    command = shlex.join(["python", "-m", "trainers.release", *(arguments or sys.argv[1:])])
    console = Console(highlight=False)
    steps = STEPS if options.step == "all" else (options.step,)
    # Being told to end is like Ctrl-C: what was laid out already is removed first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        where = places.from_flags(options)
        with nullcontext() if steps == ("extract",) else publish.alone(where), Services(where) as services:
            for step in steps:
                _run(step, services, where, options, command, console)
    except (Refused, ParityError) as error:
        return _said(console, error, REFUSED)
    except DataError as error:
        return _said(console, error, BAD_DATA)
    except (ReleaseError, OSError) as error:
        return _said(console, error, FAILED)
    except KeyboardInterrupt:
        return _said(console, "Interrupted.", INTERRUPTED)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m trainers.release", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=(*STEPS, "all"))
    parser.add_argument("--release", type=int, help="number of the release to promote")
    parser.add_argument("--seed", type=int, default=Config.seed)
    parser.add_argument(
        "--max-seconds", type=float, default=Config.max_seconds, help="limit of one training; a release needs three"
    )
    places.add_flags(parser)
    return parser


def _run(
    step: str, services: Services, where: Places, options: argparse.Namespace, command: str, console: Console
) -> None:
    match step:
        case "extract":
            done = extract.extract(services, where.offline)
            console.print(f"{done.products:,} products and {done.events:,} events in {where.offline}", soft_wrap=True)
        case "train":
            _train(where, options, command, console)
        case "publish":
            number = publish.publish(services, where, console)
            console.print(f"release {number} is registered", soft_wrap=True)
        case "promote":
            publish.promote(services, where, options.release, console)


def _train(where: Places, options: argparse.Namespace, command: str, console: Console) -> None:
    products, events = where.offline / "products.parquet", where.offline / "events.parquet"
    if not (where.offline / "extract.json").exists():
        raise ReleaseError(f"Nothing was extracted to {where.offline}. Run: python -m trainers.release extract")
    # A candidate of an earlier training must not be published as if it were this one.
    shutil.rmtree(where.candidate, ignore_errors=True)
    config = replace(Config(), seed=options.seed, max_seconds=options.max_seconds)
    draft = where.candidate.with_name("candidate.new")
    shutil.rmtree(draft, ignore_errors=True)
    shop = replace(read_files(products, events), name="shop")
    build(shop, config, draft, command, console)
    for name in ("products.parquet", "extract.json"):
        shutil.copyfile(where.offline / name, draft / name)
    draft.rename(where.candidate)


def _said(console: Console, error: object, code: int) -> int:
    console.print(f"[red]{error}[/]\nThe shop goes on with the release that it had.", soft_wrap=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
