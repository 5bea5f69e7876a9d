"""Captions: what shoppers may call a product, made from what the shop knows of it."""

from collections.abc import Sequence
from itertools import chain

import numpy as np

from trainers.clip.data import Product

Fact = tuple[str, str]
MOST_FACTS = 3
CATEGORY = "category"
LONGEST = 40
"""Values that are longer are sentences, not facts."""


def facts(product: Product) -> tuple[Fact, ...]:
    """Everything that is true of the product and could be searched for: categories, brand, attributes with words.

    Years, sizes and other numbers are left out: no picture shows them.
    """
    named = [*product.attributes.items()]
    if product.brand:
        named.append(("brand", product.brand))
    named += [(CATEGORY, name) for name in product.category]
    return tuple((name, value) for name, value in named if value.casefold() != "none" and _has_words(value))


def caption(product: Product, random: np.random.Generator) -> frozenset[Fact]:
    """One to three facts of a product, the leaf of its category more often than others."""
    known = facts(product)
    if not known:
        return frozenset()
    chosen = set()
    if product.category and random.random() < 0.5:
        chosen.add((CATEGORY, product.category[-1]))
    wanted = int(random.integers(1, MOST_FACTS + 1))
    for place in random.permutation(len(known)):
        if len(chosen) >= wanted:
            break
        if known[place][0] not in {name for name, _ in chosen}:
            chosen.add(known[place])
    return frozenset(chosen)


def words(chosen: frozenset[Fact]) -> str:
    """A caption as shoppers write it: what it is like, then what it is.

    >>> words(frozenset({("category", "Shoes"), ("colour", "Navy Blue")}))
    'Navy Blue Shoes'
    """
    ordered = sorted(chosen, key=lambda fact: (fact[0] == CATEGORY, fact[0] != "gender", fact))
    return " ".join(value for _, value in ordered)


def positives(products: Sequence[frozenset[Fact]], captions: Sequence[frozenset[Fact]]) -> np.ndarray:
    """Which captions are true of which products, [products, captions]."""
    columns = {fact: column for column, fact in enumerate(dict.fromkeys(chain.from_iterable(products)))}
    # The last column is of facts that no product has.
    known = np.zeros((len(products), len(columns) + 1), dtype=bool)
    rows = np.repeat(np.arange(len(products)), [len(product) for product in products])
    known[rows, [columns[fact] for product in products for fact in product]] = True
    made = np.zeros((len(products), len(captions)), dtype=bool)
    for column, wanted in enumerate(captions):
        made[:, column] = known[:, [columns.get(fact, len(columns)) for fact in wanted]].all(axis=1)
    return made


def _has_words(value: str) -> bool:
    return len(value) <= LONGEST and any(letter.isalpha() for letter in value)
