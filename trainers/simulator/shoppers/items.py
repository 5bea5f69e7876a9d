"""What shoppers see of a catalogue, and what was planted in it: quality, fashions, seasons and what goes with what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from trainers.datasets.tables import Floats, Ints, Products

DAY_S = 86_400.0
KEYS = 4
"""Attributes that shoppers care about, at most."""
COVERED, LEAST_VALUES, MOST_VALUES = 0.3, 2, 60
"""An attribute matters if this share of the products has it, with this many different values."""
FASHIONABLE = 0.15
"""Share of the products that have their weeks of fashion."""
TREND, TREND_DAYS = 1.5, 10.0
SEASON, YEAR_DAYS = 0.6, 365.25


@dataclass(frozen=True)
class Items:
    """A catalogue as arrays, one entry a product unless said otherwise."""

    ids: Sequence[str]
    titles: Sequence[str]
    leaf: Ints
    """Position in `leaves`."""
    leaves: Sequence[tuple[str, ...]]
    """Category paths as ids; the last is the most special."""
    names: Sequence[str]
    """How shoppers call a leaf, one entry a leaf."""
    brand: Ints
    brands: Sequence[str]
    level: Floats
    """From 0 for the cheapest of its leaf to 1 for the dearest; 0.5 without a price."""
    values: Ints
    """Positions in `attributes`, [products, keys]; -1 for none."""
    attributes: Sequence[str]
    """As `key=value`."""
    launch: Floats
    """Seconds since 1970."""
    quality: Floats
    """How much everybody likes it."""
    peak: Floats
    """When it is in fashion; minus infinity, which is never, for most."""
    season: Floats
    """Of a leaf: the day of the year when it is wanted most."""
    partner: Ints
    """Of a leaf: which leaf is bought together with it, [leaves, partners]."""

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def members(self) -> Sequence[Ints]:
        """Products of each leaf."""
        order = np.argsort(self.leaf, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.leaf, minlength=len(self.leaves)))[:-1])

    @cached_property
    def brands_of(self) -> Sequence[Ints]:
        """Brands of each leaf."""
        return [np.unique(self.brand[which]) for which in self.members]

    @cached_property
    def present(self) -> Sequence[Ints]:
        """The values that products have, one entry a key and in it one a product: common values are there often."""
        return [column[column >= 0] for column in self.values.T]

    def appeal(self, which: Ints, time: float) -> Floats:
        """What makes products popular at a moment, whoever looks."""
        days = (time - self.peak[which]) / DAY_S / TREND_DAYS
        found: Floats = self.quality[which] + TREND * np.exp(-(days**2) / 2)
        return found

    def wanted(self, time: float) -> Floats:
        """How much the season makes of each leaf, as a factor around 1."""
        day = time / DAY_S % YEAR_DAYS
        found: Floats = np.exp(SEASON * np.cos(2 * np.pi * (day - self.season) / YEAR_DAYS))
        return found


def plant(
    products: Products,
    seed: int,
    start: float,
    until: float,
    launch: Floats | None = None,
    goes_with: Mapping[tuple[str, ...], Sequence[tuple[str, ...]]] | None = None,
    names: Sequence[str] = (),
) -> Items:
    """Reads a catalogue and plants what no table says.

    Args:
        products: the catalogue.
        seed: of all that is planted.
        start, until: seconds since 1970 between which shoppers are watched.
        launch: since when each product is sold; always, if left out.
        goes_with: leaves by leaf that are bought together; drawn from the same department, if left out.
        names: what each product's category is called, if the paths are of ids.
    """
    random = np.random.default_rng([seed, 2])
    paths = [path or ("all",) for path in products.categories]
    leaves = sorted(set(paths))
    leaf = _codes(paths, leaves)
    brands = sorted(set(products.brands))
    values, attributes = _attributes(products)
    fashionable = random.random(len(products)) < FASHIONABLE
    return Items(
        ids=products.ids,
        titles=products.titles,
        leaf=leaf,
        leaves=leaves,
        names=_names(leaves, leaf, names or [path[-1] for path in paths]),
        brand=_codes(products.brands, brands),
        brands=brands,
        level=_levels(products.prices, leaf),
        values=values,
        attributes=attributes,
        launch=np.full(len(products), -np.inf) if launch is None else launch,
        quality=random.normal(0, 0.6, len(products)),
        peak=np.where(fashionable, random.uniform(start, until, len(products)), -np.inf),
        season=random.uniform(0, YEAR_DAYS, len(leaves)),
        partner=_partners(leaves, goes_with, random),
    )


def _codes(entries: Sequence[object], known: Sequence[object]) -> Ints:
    places = {entry: i for i, entry in enumerate(known)}
    return np.array([places[entry] for entry in entries], np.int64)


def _names(leaves: Sequence[tuple[str, ...]], leaf: Ints, said: Sequence[str]) -> Sequence[str]:
    """The last part of what the category of some product of the leaf is called."""
    found = {place: name.split(">")[-1].strip().lower() for place, name in zip(leaf.tolist(), said, strict=True)}
    return [found[place] or "products" for place in range(len(leaves))]


def _levels(prices: Floats, leaf: Ints) -> Floats:
    """Ranks within the leaf, so that a cheap sofa is cheap although it costs more than a dear mug."""
    order = np.lexsort((prices, leaf))
    sizes = np.bincount(leaf)
    begins = np.cumsum(sizes) - sizes
    level = np.empty(len(prices))
    level[order] = (np.arange(len(prices)) - begins[leaf[order]] + 0.5) / sizes[leaf[order]]
    return np.where(prices > 0, level, 0.5)


def _attributes(products: Products) -> tuple[Ints, Sequence[str]]:
    """The attributes that a taste can be about: those with a handful of values, best covered first."""
    found: dict[str, set[str]] = {}
    counts: dict[str, int] = {}
    for entry in products.attributes:
        for key, value in entry.items():
            found.setdefault(key, set()).add(value)
            counts[key] = counts.get(key, 0) + 1
    keys = [
        key
        for key in sorted(found, key=lambda key: (-counts[key], key))
        if counts[key] >= COVERED * len(products) and LEAST_VALUES <= len(found[key]) <= MOST_VALUES
    ][:KEYS]
    names = [f"{key}={value}" for key in keys for value in sorted(found[key])]
    places = {name: i for i, name in enumerate(names)}
    rows = [[places.get(f"{key}={entry.get(key)}", -1) for key in keys] for entry in products.attributes]
    return np.array(rows, np.int64).reshape(len(products), len(keys)), names


def _partners(
    leaves: Sequence[tuple[str, ...]],
    goes_with: Mapping[tuple[str, ...], Sequence[tuple[str, ...]]] | None,
    random: np.random.Generator,
) -> Ints:
    places = {path: i for i, path in enumerate(leaves)}
    partners = np.zeros((len(leaves), 2), np.int64)
    for place, path in enumerate(leaves):
        known = [places[other] for other in (goes_with or {}).get(path, ()) if other in places]
        related = [i for i, other in enumerate(leaves) if other[0] == path[0] and i != place]
        pool = known or related or [i for i in range(len(leaves)) if i != place] or [place]
        partners[place] = random.choice(pool, 2, replace=len(pool) < 2)
    return partners
