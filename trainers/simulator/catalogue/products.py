"""Makes products: a believable name, words, a price, stock and the attributes that the picture shows too."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

import numpy as np

from trainers.simulator.catalogue.brands import BRANDS, Brand
from trainers.simulator.catalogue.kinds import KINDS, Kind
from trainers.simulator.catalogue.words import (
    COLOURS,
    DEAR_MATERIALS,
    MODELS,
    PATTERN_WORDS,
    STYLE_SENTENCES,
    STYLES,
)

T = TypeVar("T")

CURRENCY = "EUR"
OUT_OF_STOCK, NEARLY = 0.05, 0.10
DISCOUNTED = 0.22
IN_STYLE = 0.8
"""How often a product has a colour of its style, and a brand makes one of its own styles."""
NEW = 0.15
"""Share of the products that came into the shop while shoppers were being watched."""
OLDEST_DAYS = 700


@dataclass(frozen=True)
class SimulatedProduct:
    """A product of the simulated shop."""

    id: str
    kind: Kind
    title: str
    description: str
    brand: str
    price: Decimal
    list_price: Decimal | None
    stock: int
    attributes: Mapping[str, str]
    """colour, second colour, material, pattern and style."""
    create_time: datetime
    seed: int
    """Of what the picture leaves to chance."""
    images: tuple[str, ...] = field(default=())
    """Paths in the data set."""


def make_products(count: int, seed: int, start: datetime, until: datetime) -> list[SimulatedProduct]:
    """Makes so many products, equally many of each kind.

    `start` and `until` bound the time that shoppers are watched.
    """
    random = np.random.default_rng([seed, 1])
    taken: set[str] = set()
    return [_product(number, kind, random, taken, start, until) for number, kind in _numbered(count)]


def _numbered(count: int) -> Iterator[tuple[int, Kind]]:
    for place in range(count):
        yield place // len(KINDS) + 1, KINDS[place % len(KINDS)]


def _product(
    number: int, kind: Kind, random: np.random.Generator, taken: set[str], start: datetime, until: datetime
) -> SimulatedProduct:
    brand = _pick(random, [brand for brand in BRANDS if kind.department in brand.departments])
    style = _pick(random, brand.styles) if random.random() < IN_STYLE else _pick(random, tuple(STYLES))
    colour = _colour(kind, style, random)
    second = _pick(random, [name for name in ("ivory", *STYLES[style]) if name != colour])
    material, pattern = _pick(random, kind.materials), _pattern(kind, random)
    attributes = {"colour": colour, "material": material, "pattern": pattern, "style": style}
    if pattern != "plain":
        attributes["second colour"] = second
    noun = _pick(random, kind.nouns)
    title = _title(noun, attributes, random, taken)
    price, before = _prices(kind, brand, material, random)
    return SimulatedProduct(
        id=f"{kind.key.replace('_', '-')}-{number:04d}",
        kind=kind,
        title=title,
        description=_description(noun, kind, brand, attributes),
        brand=brand.name,
        price=price,
        list_price=before,
        stock=_stock(random),
        attributes=attributes,
        create_time=_created(random, start, until),
        seed=int(random.integers(2**31)),
    )


def _pick(random: np.random.Generator, choices: Sequence[T]) -> T:
    return choices[int(random.integers(len(choices)))]


def _colour(kind: Kind, style: str, random: np.random.Generator) -> str:
    possible = kind.colours or tuple(COLOURS)
    fitting = [colour for colour in STYLES[style] if colour in possible]
    return _pick(random, fitting) if fitting and random.random() < IN_STYLE else _pick(random, possible)


def _pattern(kind: Kind, random: np.random.Generator) -> str:
    """Plain in four of ten where there is a choice."""
    return "plain" if random.random() < 0.4 else _pick(random, kind.patterns)


def _title(noun: str, attributes: Mapping[str, str], random: np.random.Generator, taken: set[str]) -> str:
    """A name that no other product has, such as `Alma Striped Linen Shirt in Sage`."""
    said = [PATTERN_WORDS[attributes["pattern"]], attributes["material"].title(), noun]
    tail = f"{' '.join(word for word in said if word)} in {attributes['colour'].title()}"
    free = [model for model in MODELS if f"{model} {tail}" not in taken]
    # In a shop of a million products even the models run out; then a series tells them apart.
    title = f"{_pick(random, free)} {tail}" if free else f"{_pick(random, MODELS)} {len(taken)} {tail}"
    taken.add(title)
    return title


def _prices(kind: Kind, brand: Brand, material: str, random: np.random.Generator) -> tuple[Decimal, Decimal | None]:
    """What it costs, and what it cost before if it is reduced."""
    usual = kind.price * brand.level * DEAR_MATERIALS.get(material, 1.0) * float(random.lognormal(0, 0.2))
    if random.random() >= DISCOUNTED:
        return _rounded(usual), None
    share = _pick(random, (0.10, 0.15, 0.20, 0.25, 0.30, 0.40))
    before, now = _rounded(usual), _rounded(usual * (1 - share))
    return now, before if before > now else None


def _rounded(amount: float) -> Decimal:
    """As shops write prices: 12.90, 49.00, 385.00."""
    if amount < 40:
        return Decimal(max(3, round(amount))) - Decimal("0.10")
    if amount < 150:
        return Decimal(f"{round(amount)}.00")
    return Decimal(f"{round(amount / 5) * 5}.00")


def _stock(random: np.random.Generator) -> int:
    chance = random.random()
    if chance < OUT_OF_STOCK:
        return 0
    if chance < OUT_OF_STOCK + NEARLY:
        return int(random.integers(1, 6))
    return int(6 + random.gamma(2.0, 30.0))


def _created(random: np.random.Generator, start: datetime, until: datetime) -> datetime:
    if random.random() < NEW:
        return start + (until - start) * float(random.uniform(0.05, 0.95))
    return start - timedelta(days=float(random.uniform(1, OLDEST_DAYS)))


def _description(noun: str, kind: Kind, brand: Brand, attributes: Mapping[str, str]) -> str:
    look = attributes["colour"]
    if "second colour" in attributes:
        look = f"{attributes['pattern']} {look} and {attributes['second colour']}"
    of = f"{_article(attributes['style'])} {attributes['style']} {noun.lower()}"
    if noun.endswith("s") and not noun.endswith("ss"):
        of = f"{attributes['style']} {noun.lower()}"
    made = f"{brand.name} makes {of} of {attributes['material']} in {look}."
    return f"{made} {kind.use} {STYLE_SENTENCES[attributes['style']]}"


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"
