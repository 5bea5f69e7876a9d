"""Which products are learned from, which choose when to stop, and which measure."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from trainers.clip.config import Config
from trainers.clip.data import Product

SETTINGS = frozenset({"seed", "test_titles", "largest_share"})
"""Those that say which products are held out."""


@dataclass(frozen=True)
class Split:
    """Three sets of products. No title stands in two of them."""

    train: list[Product]
    validation: list[Product]
    test: list[Product]


def split(products: Sequence[Product], config: Config) -> Split:
    """Holds titles out with every product that has them: a question for a held-out title describes no product that
    was learned from. The choice depends on the title and the seed alone, so that a product that is added to the
    shop moves no other from one set into another.
    """
    titles = sorted({key(product.title) for product in products}, key=lambda title: _place(title, config.seed))
    most = int(len(titles) * config.largest_share)
    tested = min(config.test_titles, most)
    test = set(titles[:tested])
    validation = set(titles[tested : tested + min(config.validation_titles, most)])
    sets: tuple[list[Product], list[Product], list[Product]] = ([], [], [])
    for product in products:
        title = key(product.title)
        sets[2 if title in test else 1 if title in validation else 0].append(product)
    return Split(*sets)


def key(title: str) -> str:
    """Titles that read the same are the same.

    >>> key("  Nike Men  BLACK shoes ")
    'nike men black shoes'
    """
    return " ".join(title.casefold().split())


def _place(title: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed} {title}".encode()).digest()
