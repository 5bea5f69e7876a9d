"""Products and events in memory.

Strings become indices once, when data is read; everything that learns or measures works on arrays.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import inf

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

KINDS: Mapping[str, int] = {"VIEW": 1, "ADD_TO_CART": 2, "PURCHASE": 3, "LIKE": 4, "DISLIKE": 5, "RATE": 6}
"""Kinds of events that tell something of a product, with the codes that the user tower sees; 0 is padding."""
CHOICES = frozenset({"VIEW", "ADD_TO_CART", "PURCHASE", "LIKE", "RATE"})
"""Kinds by which a shopper chose a product. A dislike is no choice, and neither is a rating below LIKED_FROM."""
LIKED_FROM = 3.0


@dataclass(frozen=True)
class Encoder:
    """One version of an encoder of texts or pictures."""

    model: str
    version: str
    dimension: int


@dataclass(frozen=True)
class Products:
    """A catalogue, one entry a product in every field."""

    ids: Sequence[str]
    titles: Sequence[str]
    categories: Sequence[tuple[str, ...]]
    """Category ids from the root to the leaf."""
    brands: Sequence[str]
    prices: Floats
    """In units of the currency; 0 when unknown."""
    attributes: Sequence[Mapping[str, str]]
    vectors: Mapping[Encoder, NDArray[np.float32]] = field(default_factory=dict)
    """What encoders made of them, [products, dimension] each; zeros where there was nothing to encode."""

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Position by id."""
        return {product: i for i, product in enumerate(self.ids)}


@dataclass(frozen=True)
class Events:
    """What shoppers did, ordered by shopper and then by time; events of one moment keep the order of the data."""

    users: Sequence[str]
    """Names of the shoppers; `user` points into it."""
    user: Ints
    item: Ints
    """Position in the catalogue."""
    kind: Ints
    """Codes of KINDS."""
    time: Floats
    """Seconds since 1970."""
    rating: Floats
    """1 to 5; NaN where the event is no rating."""

    def __len__(self) -> int:
        return len(self.user)

    @cached_property
    def starts(self) -> Ints:
        """Where each shopper's events begin; one entry more than shoppers, the last is the number of events."""
        return np.searchsorted(self.user, np.arange(len(self.users) + 1)).astype(np.int64)

    @cached_property
    def chosen(self) -> NDArray[np.bool_]:
        """Whether the event says that the shopper wanted the product."""
        codes = [KINDS[name] for name in CHOICES]
        return np.isin(self.kind, codes) & ~(self.rating < LIKED_FROM)

    @cached_property
    def first(self) -> NDArray[np.bool_]:
        """Whether the event is the first of its shopper with its product."""
        pairs = self.user * (self.item.max(initial=0) + 1) + self.item
        found = np.zeros(len(self), bool)
        found[np.unique(pairs, return_index=True)[1]] = True
        return found

    def before(self, moment: float) -> "Events":
        """The events that happened earlier than a moment; shoppers keep their positions."""
        return self.where(self.time < moment)

    def where(self, kept: NDArray[np.bool_]) -> "Events":
        """The events that the mask keeps; shoppers keep their positions."""
        fields = {name: getattr(self, name)[kept] for name in ("user", "item", "kind", "time", "rating")}
        return replace(self, **fields)


@dataclass(frozen=True)
class Shop:
    """A catalogue, what its shoppers did, and the categories that they said they like."""

    name: str
    products: Products
    events: Events
    preferences: Mapping[str, tuple[str, ...]]
    """Preferred category ids by shopper, for those who chose some."""
    preferred_since: Mapping[str, float] = field(default_factory=dict)
    """When they chose them, in seconds since 1970, where that is known; the others always had them."""

    def preferred(self, shopper: str, moment: float) -> tuple[str, ...]:
        """What the shopper had said to like before a moment, in seconds since 1970."""
        return self.preferences.get(shopper, ()) if self.preferred_since.get(shopper, -inf) < moment else ()

    @cached_property
    def fingerprint(self) -> str:
        """Changes when a product or an event does: SHA-256 over all of them."""
        digest = hashlib.sha256()
        products, events = self.products, self.events
        rows = zip(
            products.ids,
            products.titles,
            products.categories,
            products.brands,
            products.prices.tolist(),
            products.attributes,
            strict=True,
        )
        for *plain, attributes in rows:
            digest.update(repr((*plain, sorted(attributes.items()))).encode())
        for encoder, vectors in products.vectors.items():
            digest.update(repr(encoder).encode() + vectors.tobytes())
        digest.update(repr(list(events.users)).encode())
        for column in (events.user, events.item, events.kind, events.time, events.rating):
            digest.update(column.tobytes())
        digest.update(repr(sorted(self.preferences.items())).encode())
        if self.preferred_since:
            digest.update(repr(sorted(self.preferred_since.items())).encode())
        return digest.hexdigest()


def make_events(
    products: Products,
    users: Sequence[str],
    items: Sequence[str],
    kinds: Ints,
    times: Floats,
    ratings: Floats | None = None,
) -> Events:
    """Builds events from columns of any order; those with products that the catalogue lacks are left out."""
    item = np.array([products.index.get(name, -1) for name in items], np.int64)
    names, user = np.unique(np.array(users, dtype=object).astype(str), return_inverse=True)
    rating = np.full(len(item), np.nan) if ratings is None else ratings
    kept = item >= 0
    order = np.lexsort((times, user))
    order = order[kept[order]]
    return Events(
        users=names.tolist(),
        user=user[order].astype(np.int64),
        item=item[order],
        kind=np.asarray(kinds, np.int64)[order],
        time=np.asarray(times, np.float64)[order],
        rating=rating[order],
    )
