"""Random filters of Recommend, as their text."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ORDERS = ("=", "!=", "<", "<=", ">", ">=")


@dataclass(frozen=True)
class Vocabulary:
    """What values of each field there are to ask for."""

    categories: Sequence[str]
    brands: Sequence[str]
    prices: Sequence[float]
    times: Sequence[str]
    """RFC 3339."""
    colours: Sequence[str]
    """Of `attributes.colour`, which products may lack."""


def random_filter(vocabulary: Vocabulary, chance: random.Random, depth: int = 2) -> str:
    """Comparisons of every field, with AND, OR and NOT around them."""
    shape = chance.random()
    if depth == 0 or shape < 0.35:
        return _comparison(vocabulary, chance)
    parts = [random_filter(vocabulary, chance, depth - 1) for _ in range(chance.choice((2, 2, 3)))]
    if shape < 0.5:
        return f"NOT ({parts[0]})"
    return f"({(' AND ' if shape < 0.75 else ' OR ').join(parts)})"


def _comparison(vocabulary: Vocabulary, chance: random.Random) -> str:
    made: Mapping[str, str] = {
        "category": f"category {chance.choice(('=', '!=', ':'))} {_quoted(chance.choice(vocabulary.categories))}",
        "brand": f"brand {chance.choice(ORDERS)} {_quoted(chance.choice(vocabulary.brands))}",
        "part": f"brand:{_quoted(chance.choice(vocabulary.brands)[1:3].upper())}",
        "price": f"price {chance.choice(ORDERS)} {chance.choice(vocabulary.prices)}",
        "currency": f'currency {chance.choice(("=", "!="))} "{chance.choice(("EUR", "SEK"))}"',
        "in_stock": f"in_stock = {chance.choice(('true', 'true', 'false'))}",
        "rating": f"rating {chance.choice(ORDERS)} {chance.choice((0, 2.5, 4))}",
        "colour": f"attributes.colour {chance.choice(('=', '!=', ':'))} {_quoted(chance.choice(vocabulary.colours))}",
        "missing": f'attributes.nobody_has_it {chance.choice(("=", "!="))} "x"',
        "title": f"title:{_quoted(str(chance.randrange(20)))}",
        "create_time": f"create_time {chance.choice(ORDERS)} {_quoted(chance.choice(vocabulary.times))}",
    }
    return made[chance.choice(tuple(made))]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
