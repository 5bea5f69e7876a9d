"""The step `train`: towers and a ranker over what was extracted, measured, and laid out as the candidate."""

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console

from trainers.datasets import Encoder, Shop
from trainers.datasets.aisle import read_files
from trainers.ranker import build as ranker
from trainers.ranker.config import Config as RankerConfig
from trainers.release import encoding, extract, features, registry, retrain, settings
from trainers.release.errors import NothingNew, ReleaseError
from trainers.release.places import Places
from trainers.release.publish import refuse_other
from trainers.release.services import Services
from trainers.two_tower import curves
from trainers.two_tower.build import Incumbent, build
from trainers.two_tower.files import HELD


def train(services: Services, where: Places, options: argparse.Namespace, command: str, console: Console) -> None:
    """Makes the candidate; that of an earlier training is gone as soon as this one goes on to measure.

    Args:
        services: of the shop.
        where: its parts.
        options: the command line.
        command: that can be typed to do the same.
        console: for people.

    Raises:
        Refused: the towers are not good enough, or not the same outside of torch.
        NothingNew: shoppers chose too little since the release that answers.
        LeakError: the feature views are not what was known at every moment.
        ReleaseError: a part does not answer, or something is missing.
    """
    products, events = where.offline / "products.parquet", where.offline / "events.parquet"
    if not (where.offline / "extract.json").exists():
        raise ReleaseError(f"Nothing was extracted to {where.offline}. Run: python -m trainers.release extract")
    config = settings.from_flags(options, where.templates)
    draft = where.candidate.with_name("candidate.new")
    shutil.rmtree(draft, ignore_errors=True)
    users = where.offline / "users.parquet"  # an extract by an earlier version has none
    shop = replace(read_files(products, events, users if users.exists() else None), name="shop")
    shop, checked = features.held(shop, where, config.history_length, console)
    incumbent = _incumbent(services, where, shop, options, console) if options.step == "retrain" else None
    if config.encoders:
        shop = _encoded(shop, where, options, encoding.released(options, config.encoders))
    # A candidate of an earlier training must not be published as if it were this one.
    shutil.rmtree(where.candidate, ignore_errors=True)
    with curves.written(options.curves) as watch:
        built = build(shop, config, draft, command, console, options.checkpoints, watch, incumbent)
    built.report[HELD] = checked.report()
    ranker.add(
        shop,
        built,
        replace(RankerConfig(), seed=config.seed),
        events,
        console,
        incumbent.served if incumbent else None,
        incumbent.served_given_up if incumbent else 0.0,
    )
    shutil.copyfile(where.offline / "products.parquet", draft / "products.parquet")
    extracted = extract.load(where.offline)
    replace(extracted, newest_event=min(checked.until, extracted.newest_event or checked.until)).save(draft)
    settings.write(config, draft)
    draft.rename(where.candidate)


def _encoded(shop: Shop, where: Places, options: argparse.Namespace, encoders: Sequence[Encoder]) -> Shop:
    """The shop with what encoders make of its products."""
    vectors = encoding.vectors(options, where.offline, encoders)
    return replace(shop, products=replace(shop.products, vectors=vectors))


def _incumbent(
    services: Services, where: Places, shop: Shop, options: argparse.Namespace, console: Console
) -> Incumbent | None:
    """What answers now; None where nothing does yet.

    Raises:
        NothingNew: shoppers chose too little since it learned.
        ReleaseError: its files are gone, or those of another release.
    """
    known = registry.releases(services)
    number = registry.promoted(known)
    if number is None:
        return None
    folder = where.releases / str(number)
    if not folder.is_dir():
        raise ReleaseError(f"The towers of release {number} are gone: {folder} does not exist.")
    refuse_other(folder, next(release for release in known if registry.number(release) == number))
    found = retrain.news(shop.events, number, folder)
    if found.choices < options.least:
        raise NothingNew(
            f"Shoppers chose {found.choices:,} products since release {number} learned; "
            f"{options.least:,} are worth a training."
        )
    console.print(f"{found.choices:,} products were chosen since release {number} learned")
    if encoders := retrain.encoders(folder):
        shop = _encoded(shop, where, options, encoders)
    return retrain.incumbent(shop, found, folder)
