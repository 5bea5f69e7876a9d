"""Where the next page begins.

A page token holds what was shown and the last product's place in the order. The next page is made of what was not
shown: products that rise or fall meanwhile, because they change or because the shopper does, are neither shown twice
nor left out.
"""

import base64
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from services.kit.errors import InvalidArgument

REMEMBERED = 500
"""Products of the pages before that are remembered, at four bytes each: a page token has at most 4,000 characters."""


@dataclass(frozen=True)
class Position:
    """After the last product of a page."""

    shown: frozenset[int]
    """Digests of the products shown last."""
    count: int
    """How many were shown in all."""
    tier: float
    key: float
    tie: int
    """Of the last product: only what comes behind it is looked at once more was shown than is remembered."""

    @property
    def forgets(self) -> bool:
        """Whether more was shown than is remembered."""
        return self.count > len(self.shown)

    def to_json(self) -> dict[str, Any]:
        """The values of a page token."""
        shown = np.array(sorted(self.shown), "<u4").tobytes()
        return {"h": base64.b64encode(shown).decode(), "n": self.count, "t": self.tier, "k": self.key, "d": self.tie}


def digest(product_id: str) -> int:
    """32 bits of a product id."""
    return zlib.crc32(product_id.encode())


def following(before: Position | None, shown: Sequence[str], tier: float, key: float, tie: int) -> Position:
    """The position after a page that showed these products."""
    new = [digest(item) for item in shown]
    old = [value for value in (before.shown if before else ()) if value not in set(new)]
    count = (before.count if before else 0) + len(new)
    return Position(frozenset((new + old)[:REMEMBERED]), count, tier, key, tie)


def from_json(values: dict[str, Any] | None) -> Position | None:
    """Reads the values of a page token, which anybody may have written.

    Raises:
        InvalidArgument: they are not ours.
    """
    if values is None:
        return None
    try:
        shown = np.frombuffer(base64.b64decode(values["h"], validate=True), "<u4").tolist()
        count, tie, tier, key = values["n"], values["d"], float(values["t"]), float(values["k"])
        if not all(type(value) is int and 0 <= value < 2**32 for value in (count, tie)):
            raise ValueError
        if not math.isfinite(tier) or math.isnan(key):
            raise ValueError
    except (KeyError, ValueError, TypeError, OverflowError):
        raise InvalidArgument.field("page_token", "is not one that this service gave out") from None
    return Position(frozenset(shown), count, tier, key, tie)
