"""The products and captions of each step."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from trainers.clip import captions
from trainers.clip.config import Config
from trainers.clip.data import Product
from trainers.clip.features import Cache
from trainers.clip.split import key

LEAST_WHOLE = 8
"""Batches of full size after which the left-over ones are left out."""


@dataclass(frozen=True)
class Drawn:
    """Products of a batch, and the seed of everything that is drawn about them: whoever makes it makes the same."""

    products: NDArray[np.int64]
    seed: tuple[int, ...]


@dataclass(frozen=True)
class Batch:
    """Pictures of one step, and two sets of texts: their titles, and captions made from facts."""

    rows: NDArray[np.int64]
    """Of the pictures in the cache, and which side of them is seen (see Cache.take)."""
    sides: NDArray[np.int64]
    titles: list[str]
    named: NDArray[np.bool_]
    """Which title is whose, [products, titles]."""
    captions: list[str]
    positives: NDArray[np.bool_]
    """Which caption is true of which product, [products, captions]."""
    facts: list[str]
    """Everything that is true of some of the products, each by itself: what shoppers filter by and search for."""
    holds: NDArray[np.bool_]
    """Which fact is true of which product, [products, facts]."""


def chances(facts: Sequence[frozenset[captions.Fact]]) -> NDArray[np.float64]:
    """How likely each product is drawn: rare facts would hardly be learned if all products were drawn alike."""
    counts = Counter(chain.from_iterable(facts))
    worth = [sum((1 / counts[fact] for fact in known), start=1 / len(facts)) for known in facts]
    made = np.sqrt(np.array(worth))
    chances: NDArray[np.float64] = made / made.sum()
    return chances


class Batches:
    """Draws batches of a set of products."""

    def __init__(self, products: Sequence[Product], places: NDArray[np.int64], cache: Cache, config: Config) -> None:
        """`places` are those of `products` among all that are in the cache."""
        self._products = products
        self._facts = [frozenset(captions.facts(product)) for product in products]
        self._titles = [key(product.title) for product in products]
        self._config = config
        self._count = min(len(products), config.epoch_products or len(products))
        self._chances = chances(self._facts) if self._count < len(products) else None
        self._first = cache.first(places)
        self._pictures = np.searchsorted(cache.owners, places, side="right") - self._first

    def plan(self, size: int, epoch: int) -> list[Drawn]:
        """All products once but for what fills no batch, or as many as an epoch has; a share of the batches holds
        neighbours in the category."""
        seed = (self._config.seed, epoch)
        random = np.random.default_rng(seed)
        chosen = random.choice(len(self._products), self._count, replace=False, p=self._chances)
        order = random.permutation(chosen)
        hard = int(len(order) * self._config.hard_share)
        alike = sorted(order[:hard], key=lambda place: self._products[place].category)
        # Each batch of neighbours is cut from two places, so that it holds more than one kind of product.
        halves = [alike[begin : begin + size // 2] for begin in range(0, len(alike), max(1, size // 2))]
        random.shuffle(halves)
        groups = [[*chain.from_iterable(halves[place : place + 2])] for place in range(0, len(halves), 2)]
        easy = order[hard:]
        groups += [list(easy[begin : begin + size]) for begin in range(0, len(easy), size)]
        # What is left over has less to tell apart, and a GPU would plan anew for each size: others are, next time.
        whole = [group for group in groups if len(group) in (size, size // 2 * 2)]
        kept = whole if len(whole) >= LEAST_WHOLE else [group for group in groups if len(group) > 1]
        return [Drawn(np.array(kept[place]), (*seed, int(place))) for place in random.permutation(len(kept))]

    def steps(self, size: int) -> int:
        """About how many batches an epoch has."""
        return max(1, round(self._count / size))

    def make(self, drawn: Drawn) -> Batch:
        """Draws pictures and captions."""
        chosen, random = drawn.products, np.random.default_rng(drawn.seed)
        rows = self._first[chosen] + random.integers(0, self._pictures[chosen])
        sides = random.integers(0, 2, len(chosen))
        titles = dict.fromkeys(self._titles[place] for place in chosen)
        columns = {title: column for column, title in enumerate(titles)}
        named = np.zeros((len(chosen), len(titles)), dtype=bool)
        named[np.arange(len(chosen)), [columns[self._titles[place]] for place in chosen]] = True
        said = dict.fromkeys(captions.caption(self._products[place], random) for place in chosen)
        made = [caption for caption in said if caption]
        facts = [self._facts[place] for place in chosen]
        single = [frozenset({fact}) for fact in dict.fromkeys(fact for known in facts for fact in sorted(known))]
        return Batch(
            rows=rows,
            sides=sides,
            titles=list(titles),
            named=named,
            captions=[captions.words(caption) for caption in made],
            positives=captions.positives(facts, made),
            facts=[captions.words(fact) for fact in single],
            holds=captions.positives(facts, single),
        )
