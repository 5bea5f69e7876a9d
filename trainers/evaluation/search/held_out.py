"""Which products encoders have learned from, and which were held out: by the report of their training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trainers.clip import split as splitting
from trainers.clip.config import Config
from trainers.clip.data import Product
from trainers.clip.fingerprint import fingerprint
from trainers.datasets import DataError
from trainers.encoders import candidate

CLIP, LOOK = "clip_image", "look_image"
"""The encoders that learn a shop's products; the others come as they were published."""


@dataclass(frozen=True)
class Training:
    """What a report says of a training."""

    settings: Mapping[str, Any]
    """Those of the split among them."""
    fingerprint: str
    """Of all products of the split; empty where the report has none."""


def training(folder: Path) -> Training | None:
    """The training of encoders on a shop's products; None where there was none.

    Published weights of CLIP have learned from no product, and say so; the encoder of looks beside them has.
    """
    there, said = candidate.specs(folder), candidate.report(folder)
    clip, look = said.get("clip", {"training": "not known"}), said.get(LOOK, {})
    if CLIP in there and "training" in clip:
        return Training(clip.get("config", {}), said.get("data_fingerprint", ""))
    if LOOK in there and look.keys() >= splitting.SETTINGS:
        return Training(look, look.get("data_fingerprint", ""))
    return None


def trained_with(folder: Path) -> Config:
    """Settings of the split that encoders were trained with, from their report; the usual ones where it names none."""
    made = training(folder)
    said = {} if made is None else made.settings
    return replace(Config(), **{name: value for name, value in said.items() if name in splitting.SETTINGS})


def learned(folder: Path, products: Sequence[Product]) -> frozenset[str] | None:
    """Ids of those products that encoders have learned from, or that chose when to stop; None if nobody knows.

    Args:
        folder: of the encoders.
        products: those of the training, all of them; else it is not known.
    """
    known = training(folder)
    if known is None:
        return frozenset()
    if known.fingerprint != fingerprint(products):
        return None
    made = splitting.split(products, trained_with(folder))
    return frozenset(product.id for product in (*made.train, *made.validation))


def held_out(
    folder: Path, products: Sequence[Product], seed: int | None = None, titles: int | None = None
) -> list[Product]:
    """The products to measure on.

    Args:
        folder: of the encoders.
        products: those of the training, all of them.
        seed: of another split than that of the training; for encoders that have learned from no product.
        titles: that are asked for, if these are to be fewer than were held out.

    Raises:
        DataError: products that were learned from would count as held out, or nobody knows which were.
    """
    config = trained_with(folder)
    if seed is not None and seed != config.seed:
        if training(folder) is not None:
            raise DataError(
                f"The encoders in {folder} were trained with the seed {config.seed}: with {seed}, products that they "
                "have learned from would count as held out. Leave --seed away."
            )
        config = replace(config, seed=seed)
    if learned(folder, products) is None:
        raise DataError(
            f"These are not the products that the encoders in {folder} were trained on, or not all of them, or they "
            "have changed since: which were held out is not known. Name the folders of the training with --products, "
            "or ask questions of your own with --ground-truth."
        )
    # The first titles of a split are held out in every split that holds out more.
    fewer = config.test_titles if titles is None else min(titles, config.test_titles)
    return splitting.split(products, replace(config, test_titles=fewer)).test
