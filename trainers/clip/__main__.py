"""Makes the encoders of search: `python -m trainers.clip STEP`, where STEP is one of these:

extract   reads products and pictures of the running shop
train     trains CLIP on them and measures it on held-out products; refuses what finds hardly more than chance
look      makes the encoder that finds a photograph again beside it
sentence  exports the sentence encoder beside them
publish   puts the encoders on the inference server and registers them with search as one release
promote   makes a release answer (the newest, or --release N; also the way back to an older one)
all       does one after the other; a shop of whose pictures CLIP cannot learn gets the others without it

`train --products DIR [--products DIR...] --out DIR` needs no shop: folders in Aisle's own format or that of *Fashion
Product Images*. `--open-clip MODEL --weights TAG-OR-FILE` takes published weights of open_clip instead of training.

Exit codes: 0 done; 1 a part of the shop failed; 2 the data cannot be used; 3 the encoders were refused;
130 interrupted. Whatever happens, search goes on with the release that it had.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import Field, fields, replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from trainers.arguments import count, natural, number, share
from trainers.clip import build, data, look, publishable, published
from trainers.clip import split as splitting
from trainers.clip.config import COUNTS, SHARES, Config
from trainers.clip.data import TooFewPictures
from trainers.clip.fingerprint import fingerprint
from trainers.clip.publishable import Refused
from trainers.datasets import DataError
from trainers.datasets.aisle import find
from trainers.encoders import candidate, extract, places, publish, weights
from trainers.encoders.golden import ParityError
from trainers.encoders.places import Places
from trainers.encoders.shop import Shop
from trainers.release import inference
from trainers.release.errors import Overtaken, ReleaseError
from trainers.release.locks import making
from trainers.release.steps import PROMOTE, PUBLISH, Probe, Program
from trainers.sentence import build as sentences
from trainers.sentence.documents import called, document

FAILED, BAD_DATA, REFUSED, INTERRUPTED = 1, 2, 3, 130
STEPS = ("extract", "train", "look", "sentence", PUBLISH, PROMOTE)
KINDS: Mapping[Any, Callable[[str], Any]] = {int: natural, float: number, str: str}
OFFLINE = ("train", "look", "sentence")
"""Steps that talk to no service."""


def main(arguments: list[str] | None = None) -> int:
    """Runs the steps that are asked for; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(given)
    console = Console(highlight=False)
    steps = STEPS if options.step == "all" else (options.step,)
    # Being told to end is like Ctrl-C: what was laid out already is removed first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.nice(options.nice)
    if options.threads:
        torch.set_num_threads(options.threads)
    try:
        where = places.from_flags(options, named=not set(steps) <= set(OFFLINE))
        makes = making(where.releases) if options.out is None and steps != (PROMOTE,) else nullcontext()
        with makes, nullcontext() if set(steps) <= set(OFFLINE) else Shop(where) as shop:
            program = Program("trainers.clip", given, steps, where.releases, console)
            if options.step == "all":
                candidate.clear(options.out or where.candidate)
            for step in steps:
                with program.running(step, _probes(shop, where) if shop is not None else ()):
                    _run(step, shop, where, options, console)
    except (Refused, sentences.Refused, ParityError) as error:
        return _said(console, error, REFUSED)
    except DataError as error:
        return _said(console, error, BAD_DATA)
    except (ReleaseError, OSError) as error:
        return _said(console, error, FAILED)
    except KeyboardInterrupt:
        return _said(console, "Interrupted; the same command goes on where it was.", INTERRUPTED)
    return 0


def _probes(shop: Shop, where: Places) -> list[Probe]:
    return [lambda: publish.releases(shop), lambda: inference.ready(where.running.inference)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m trainers.clip", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=(*STEPS, "all"))
    parser.add_argument("--release", type=count, help="number of the release to promote")
    parser.add_argument("--products", type=Path, action="append", help="folder of products with pictures")
    parser.add_argument("--out", type=Path, help="folder for the candidate (default: that of the shop)")
    parser.add_argument("--work", type=Path, help="folder for features and checkpoints (default: beside the candidate)")
    parser.add_argument("--threads", type=natural, default=0, help="of the processor; 0 leaves it to torch")
    parser.add_argument("--nice", type=natural, default=0, help="how much others on the machine go first, to 19")
    parser.add_argument("--open-clip", metavar="MODEL", help="published model of open_clip, such as ViT-B-16-SigLIP")
    parser.add_argument("--weights", default="", help="its weights: open_clip's tag, hf-hub:..., or a local file")
    parser.add_argument("--license", default="not named", help="of those weights, for the report")
    settings = parser.add_argument_group("settings of the training")
    for field in fields(Config):
        if kind := _kind(field):
            settings.add_argument(f"--{field.name.replace('_', '-')}", type=kind, default=field.default)
    places.add_flags(parser)
    return parser


def _run(step: str, shop: Shop | None, where: Places, options: argparse.Namespace, console: Console) -> None:
    folder = options.out or where.candidate
    if step == "train":
        try:
            _train(where, options, folder, console)
        except (TooFewPictures, Refused) as error:
            if options.step != "all" or shop is None or publishable.PICTURES in publish.promoted(shop):
                raise
            _go_without_clip(error, where, options, folder, console)
    elif step == "look":
        _look(where, options, folder, console)
    elif step == "sentence":
        known = options.products or find(where.offline, "products")
        products = data.titled(_folders(where, options)) if known else []
        texts = [document(product) for product in products], [called(product) for product in products]
        sentences.build(str(weights.sentences()), weights.SENTENCES.credit(), folder, console, *texts)
    else:
        assert shop is not None
        if options.step == "all" and step in (PUBLISH, PROMOTE):
            _refuse_to_lose_clip(shop, folder)
        if step == "extract":
            count = extract.extract(shop, where.offline)
            console.print(f"{count:,} products with their pictures in {where.offline}", soft_wrap=True)
        elif step == "publish":
            options.release = number = publish.publish(shop, where, folder, console)
            console.print(f"search release {number} is registered", soft_wrap=True)
        else:
            publish.promote(shop, where, options.release, console)


def _train(where: Places, options: argparse.Namespace, folder: Path, console: Console) -> None:
    config = _config(options)
    # A candidate of an earlier training must not be published as if it were this one.
    for name in (publishable.TEXTS, publishable.PICTURES):
        candidate.remove(folder, name)
    products = data.read(_folders(where, options))
    sets = splitting.split(products, config)
    publishable.refuse_too_few(sets)
    counts = {"to learn from": sets.train, "to choose by": sets.validation, "held out": sets.test}
    console.print("Products: " + ", ".join(f"{len(found):,} {what}" for what, found in counts.items()))
    if options.open_clip:
        credit = {"name": options.open_clip, "source": options.weights, "license": options.license}
        towers = published.load(options.open_clip, options.weights, credit)
    else:
        towers = build.learn(sets, config, options.work or folder.with_name("work"), console)
    publishable.write(towers, sets, folder, console)
    candidate.add_report(folder, {"data_fingerprint": fingerprint(products), "products": len(products)})
    console.print(f"written to {folder}", soft_wrap=True)


def _look(where: Places, options: argparse.Namespace, folder: Path, console: Console) -> None:
    config = _config(options)
    pictured = [product for product in data.titled(_folders(where, options)) if product.pictures]
    look.build(splitting.split(pictured, config).train, config, folder, console)
    if look.NAME in candidate.specs(folder):
        held_out = {name: getattr(config, name) for name in sorted(splitting.SETTINGS)}
        said = {**candidate.report(folder)[look.NAME], **held_out, "data_fingerprint": fingerprint(pictured)}
        candidate.add_report(folder, {look.NAME: said})


def _go_without_clip(
    why: Exception, where: Places, options: argparse.Namespace, folder: Path, console: Console
) -> None:
    """Search has no release with CLIP that would be lost: the other encoders are better than none."""
    products = data.titled(_folders(where, options))
    console.print(f"[yellow]{why}[/]\nSearch gets its other encoders, without CLIP.", soft_wrap=True)
    learned = candidate.report(folder).get("clip", {})
    candidate.add_report(
        folder,
        {
            "clip": {**learned, "refused": str(why)},
            "data_fingerprint": fingerprint(products),
            "products": len(products),
        },
    )


def _refuse_to_lose_clip(shop: Shop, folder: Path) -> None:
    """What somebody promoted while encoders were made without CLIP is not undone by a program.

    Raises:
        Overtaken: it has CLIP.
    """
    if candidate.report(folder).get("clip", {}).get("refused") and publishable.PICTURES in publish.promoted(shop):
        raise Overtaken(
            "A search release with CLIP was promoted meanwhile; what was made has none, and does not answer. If it is "
            "to answer all the same: python -m trainers.clip publish, then python -m trainers.clip promote"
        )


def _folders(where: Places, options: argparse.Namespace) -> list[Path]:
    return options.products or [where.offline]


def _kind(field: "Field[Any]") -> Callable[[str], Any] | None:
    """What reads a setting; None for one that the command does not set."""
    if field.name in SHARES:
        return share
    return count if field.name in COUNTS else KINDS.get(field.type)


def _config(options: argparse.Namespace) -> Config:
    named = {field.name: getattr(options, field.name) for field in fields(Config) if hasattr(options, field.name)}
    return replace(Config(), **named)


def _said(console: Console, error: object, code: int) -> int:
    console.print(f"[red]{error}[/]\nSearch goes on with the release that it had.", soft_wrap=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
