"""Which products encoders have learned from, and which were held out: by the report of their training."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from trainers.clip import split as splitting
from trainers.clip.config import Config
from trainers.clip.data import Product
from trainers.clip.fingerprint import fingerprint
from trainers.datasets import DataError
from trainers.encoders import candidate

LEARNS = "clip_image"
"""The encoder that learns a shop's products; the others come as they were published."""


def trained_with(folder: Path) -> Config:
    """Settings of the split that encoders were trained with, from their report; the usual ones where it names none."""
    said = candidate.report(folder).get("clip", {}).get("config", {})
    names = {"seed", "test_titles", "largest_share"}
    return replace(Config(), **{name: value for name, value in said.items() if name in names})


def learns(folder: Path) -> bool:
    """Whether encoders have learned from a shop's products. Published weights of CLIP have not, and say so."""
    clip = candidate.report(folder).get("clip", {"training": "not known"})
    return LEARNS in candidate.specs(folder) and "training" in clip


def learned(folder: Path, products: Sequence[Product]) -> frozenset[str] | None:
    """Ids of those products that encoders have learned from, or that chose when to stop; None if nobody knows.

    Args:
        folder: of the encoders.
        products: those of the training, all of them; else it is not known.
    """
    if not learns(folder):
        return frozenset()
    if candidate.report(folder).get("data_fingerprint") != fingerprint(products):
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
        if learns(folder):
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
