"""Makes releases: `python -m trainers.release extract | train | publish | promote | prune | all | ...`.

extract  reads products, events and stated preferences of the running shop into parquet files
train    holds them to the feature views, as they were at every moment, and refuses what knows of later or differs;
         trains and measures towers on them; refuses what does not beat popularity, or is worse than item-kNN. Trains a
         ranker over them too, which the release has only if it is certainly better than the towers alone
publish  puts towers and ranker on the inference server and the item vectors into Milvus, and registers the release
promote  makes a release answer (the newest, or --release N; also the way back to an older one); ends a canary
prune    drops releases that nobody goes back to, files and item vectors: all but those that answer, the one before, and
         the newest (--keep N)
all      does one after the other
retrain  the same, if shoppers chose enough since the release that answers; the new one answers only if it is no worse
         than that one on what was chosen last, which neither has seen. --every HOURS goes on doing so. Refused while
         a canary answers.
canary   lets --release N answer --percent P of the shoppers beside the promoted one, each of whom stays on one side;
         promote makes it answer everybody, --percent 0 ends it
rollback takes the promoted release back: the one before it answers again; ends a canary

Exit codes: 0 done; 1 a part of the shop failed; 2 the data cannot be used; 3 the towers were refused; 4 the feature
views were, which may pass; 130 interrupted. Whatever happens, the release before goes on answering.
"""

import argparse
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext

from rich.console import Console

from trainers.arguments import count, natural, number
from trainers.datasets import DataError
from trainers.encoders import places as encoder_places
from trainers.features.errors import LeakError
from trainers.release import overtaken, places, prune, registry, settings
from trainers.release.errors import NothingNew, ReleaseError
from trainers.release.locks import making
from trainers.release.places import Places
from trainers.release.services import Services
from trainers.release.steps import PROMOTE, PRUNE, PUBLISH, WAYS, Probe, Program
from trainers.two_tower.errors import Diverged, ParityError, Refused

MOST_PERCENT = 99
"""Everybody is answered by promoting."""
FAILED, BAD_DATA, REFUSED, VIEWS_REFUSED, INTERRUPTED = 1, 2, 3, 4, 130
STEPS = ("extract", "train", PUBLISH, PROMOTE, PRUNE)
MAKING = ("extract", "train", PUBLISH)
"""What works on the candidate."""
LEAST_CHOICES = 200
"""New choices that a training is worth: fewer change nothing that could be measured."""
NAME = "trainers.release"


def main(arguments: list[str] | None = None) -> int:
    """Runs the steps that are asked for; returns the exit code."""
    options = _parse(arguments)
    given = sys.argv[1:] if arguments is None else arguments
    console = Console(highlight=False)
    # Being told to end is like Ctrl-C: what was laid out already is removed first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    code = _once(options, given, console)
    while options.every and code != INTERRUPTED:
        console.print(f"the next training begins in {options.every:g} h")
        try:
            time.sleep(options.every * 3600)
        except KeyboardInterrupt:
            return _said(console, "Interrupted.", INTERRUPTED)
        code = _once(options, given, console)
    return code


def _once(options: argparse.Namespace, given: Sequence[str], console: Console) -> int:
    steps = STEPS if options.step in ("all", "retrain") else (options.step,)
    try:
        where = places.from_flags(options)
        if "train" in steps:
            settings.from_flags(options, where.templates)  # what cannot be used is said before anything is read
        makes = making(where.releases) if set(steps) & set(MAKING) else nullcontext()
        with makes, Services(where) as services:
            program = Program(NAME, given, steps, where.releases, console)
            before = overtaken.begin(services) if options.step == "retrain" else None
            for step in steps:
                if options.step == "retrain" and step == "train":
                    before = overtaken.begin(services)  # what it is compared with: extracting takes a while, too
                with program.running(step, _probes(services, where)):
                    if options.step == "retrain" and step in (PUBLISH, PROMOTE):
                        overtaken.refuse_changed(services, before)
                    _run(step, services, where, options, shlex.join(["python", "-m", NAME, *given]), console)
    except NothingNew as error:
        console.print(str(error), soft_wrap=True)
    except (Refused, Diverged, ParityError) as error:
        return _said(console, error, REFUSED)
    except LeakError as error:
        return _said(console, error, VIEWS_REFUSED)
    except DataError as error:
        return _said(console, error, BAD_DATA)
    except (ReleaseError, OSError) as error:
        return _said(console, error, FAILED)
    except KeyboardInterrupt:
        return _said(console, "Interrupted.", INTERRUPTED)
    return 0


def _probes(services: Services, where: Places) -> list[Probe]:
    def inference_ready() -> None:
        from trainers.release import inference

        inference.ready(where.inference)

    def index_ready() -> None:
        from trainers.release.index import Index

        Index(where.milvus, where.milvus_token).ready()

    return [lambda: registry.releases(services), inference_ready, index_ready]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m trainers.release", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=(*STEPS, "all", "retrain", *WAYS))
    parser.add_argument(
        "--release", type=count, help="number of the release to promote (default: the newest), or of the canary"
    )
    parser.add_argument(
        "--percent", type=int, help="canary: the share of the shoppers, 0 to 99; 0 ends it (no default)"
    )
    parser.add_argument(
        "--least",
        type=natural,
        default=LEAST_CHOICES,
        help="retrain: new choices of products below which nothing is done (default: %(default)s)",
    )
    parser.add_argument(
        "--keep",
        type=count,
        default=prune.NEWEST,
        help="prune, all, retrain: how many of the newest releases stay (default: %(default)s)",
    )
    parser.add_argument(
        "--every", type=number, metavar="HOURS", help="retrain: do it again and again (default: only once)"
    )
    settings.add_flags(parser)
    encoder_places.add_flags(parser)
    return parser


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.every is not None and (options.step != "retrain" or options.every <= 0):
        parser.error("--every goes with retrain, and is a number of hours above 0")
    share = options.percent if options.percent is not None else -1
    if options.step == "canary" and (options.release is None or not 0 <= share <= MOST_PERCENT):
        parser.error(f"canary needs --release N and --percent P from 0 to {MOST_PERCENT}")
    if options.step != "canary" and options.percent is not None:
        parser.error("--percent goes with canary")
    if options.step == "rollback" and options.release is not None:
        parser.error("rollback takes the promoted release back; promote --release N goes to any other")
    return options


def _run(
    step: str, services: Services, where: Places, options: argparse.Namespace, command: str, console: Console
) -> None:
    match step:
        case "extract" | "train":
            _make(step, services, where, options, command, console)
        case "prune":
            _prune(services, where, options, console)
        case _:
            _change(step, services, where, options, console)


# What these two import takes seconds, torch most of all: a program imports what its steps need, and not before.


def _make(
    step: str, services: Services, where: Places, options: argparse.Namespace, command: str, console: Console
) -> None:
    from trainers.release import extract, training

    if step == "train":
        training.train(services, where, options, command, console)
        return
    done = extract.extract(services, where.offline)
    read = f"{done.products:,} products, {done.events:,} events and {done.stated:,} shoppers' preferences"
    console.print(f"{read} in {where.offline}", soft_wrap=True)


def _change(step: str, services: Services, where: Places, options: argparse.Namespace, console: Console) -> None:
    from trainers.release import publish

    match step:
        case "publish":
            options.release = number = publish.publish(services, where, console)
            console.print(f"release {number} is registered", soft_wrap=True)
        case "promote":
            publish.promote(services, where, options.release, console)
        case "canary":
            publish.canary(services, where, options.release, options.percent, console)
        case "rollback":
            publish.roll_back(services, where, console)


def _prune(services: Services, where: Places, options: argparse.Namespace, console: Console) -> None:
    try:
        prune.prune(services, where, options.keep, console)
    except (ReleaseError, OSError) as error:
        if options.step == PRUNE:
            raise
        # What was trained answers, and that was asked for.
        console.print(
            f"[yellow]{error}[/]\nOld releases stay until the next time, or until: python -m {NAME} prune",
            soft_wrap=True,
        )


def _said(console: Console, error: object, code: int) -> int:
    console.print(f"[red]{error}[/]\nThe shop goes on with the release that it had.", soft_wrap=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
