"""What search needs of the world; adapters/ provides it, tests may bring their own."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from aisle.catalog.v1.product_pb2 import Product

from services.kit.filters import Expr
from services.search.domain.encoders import PictureEncoder, TextEncoder
from services.search.domain.query import Query, Stems
from services.search.domain.releases import Build, Release

Rows = np.ndarray[Any, np.dtype[np.int64]]
"""[found] rows of the catalogue's table."""
Scores = np.ndarray[Any, np.dtype[np.float32]]
"""[found] the higher the better; comparable within one answer."""
Vector = np.ndarray[Any, np.dtype[np.float32]]
"""[dimension], L2-normalised."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What the words of a product are found in."""

    title: str
    text: str
    """Everything that is said of it, the title included."""
    names: tuple[str, ...]
    """Names of categories, brand and values, which a query may name whole."""
    sku: str


class LexicalIndex(Protocol):
    """Finds rows by words."""

    def stem(self, word: str) -> str:
        """The stem of a folded word."""
        ...

    def put(self, row: int, texts: Texts) -> None:
        """Writes a row's texts over what was there; found after the next commit."""
        ...

    def remove(self, row: int) -> None:
        """Takes a row out; gone after the next commit."""
        ...

    def commit(self) -> None:
        """Makes what was written findable."""
        ...

    def search(self, query: Query, any_of: bool = False, most: int | None = None) -> tuple[Rows, Scores]:
        """Every row, or the first `most`, that has all parts, or with `any_of` at least one of them, best first.

        A score's thousands say how many words of the query are a name of the product's, whole.
        """
        ...

    def count(self, query: Query) -> int:
        """How many rows `search` would find."""
        ...

    def named(self, stems: Stems) -> int:
        """How many rows have a name of exactly these stems."""
        ...

    def like(self, texts: Texts) -> tuple[Rows, Scores]:
        """Rows whose words are like these texts', best first."""
        ...

    def completions(self, prefix: str, before: Query, limit: int) -> list[tuple[str, int]]:
        """Words that begin so in rows that `before` finds, the most frequent first, with how many rows have them."""
        ...

    def having(self, words: Sequence[str], before: Query, limit: int) -> Rows:
        """Rows with one of the words in their title or names and all that is `before`, best first."""
        ...


@dataclass(frozen=True, slots=True)
class ProductChange:
    """A product that changed."""

    product_id: str
    product: Product | None
    """None when it was deleted."""


class CatalogFeed(Protocol):
    """Follows the catalogue."""

    async def changes(self, cursor: str, wait_s: int = 0) -> tuple[list[ProductChange], str, bool]:
        """Changes after the cursor, the next cursor, and whether more are waiting. Waits for one if there is none."""
        ...

    async def size(self) -> int:
        """How many products there are."""
        ...


class Vocabulary(Protocol):
    """The words that the shop's products have."""

    def add(self, words: Collection[str], called: Collection[str] = ()) -> None:
        """Words of a product that came, and those of them that it is called."""
        ...

    def drop(self, words: Collection[str], called: Collection[str] = ()) -> None:
        """Words of a product that went, and those of them that it was called."""
        ...

    def __contains__(self, word: str) -> bool: ...

    def forms(self, word: str) -> int:
        """How often products have the word in any of its forms: what has the same stem."""
        ...

    def share(self, word: str) -> float:
        """The same, as a share of all words of all products."""
        ...

    def near(self, word: str, most: int = 4) -> list[str]:
        """Words that a misspelt one may have meant, the likeliest first; none for a short word or a number."""
        ...

    def beginning_near(self, prefix: str, most: int = 4) -> list[str]:
        """Beginnings of words, as long as the prefix, that may have been meant."""
        ...


class Language(Protocol):
    """The words of a language."""

    def __len__(self) -> int:
        """How many are known; 0 for a language that there is no dictionary of."""
        ...

    def frequency(self, word: str) -> float:
        """The folded word's share of all that is said; 0 for none of the language's."""
        ...


@dataclass(frozen=True, slots=True)
class Document:
    """A product as the vector collections hold it."""

    product_id: str
    digest: str
    """Of all that its vector is made of: the same digest, the same vector."""
    category_ids: tuple[str, ...]
    brand: str
    price: float
    currency: str
    in_stock: bool
    rating: float
    create_time: int


class Encoders(Protocol):
    """The encoders on the inference server."""

    async def texts(self, encoder: TextEncoder, texts: Sequence[str]) -> Vector:
        """[texts, dimension]."""
        ...

    async def pixels(self, encoder: PictureEncoder, pixels: Sequence[bytes]) -> Vector:
        """[pictures, dimension] of pictures of the encoder's size, RGB."""
        ...

    def tokens(self, encoder: TextEncoder, text: str) -> list[int]:
        """The tokens of a text."""
        ...

    async def shapes(self, model: str, version: str) -> dict[str, tuple[int, ...]] | None:
        """Shapes of a model's inputs and outputs without the batch's; None when that version is not ready."""
        ...


class Pictures(Protocol):
    """Decodes pictures, of strangers too, where they can do no harm."""

    async def prepare(self, content: bytes, encoder: PictureEncoder) -> bytes:
        """The picture in the encoder's size, RGB, height x width x 3 bytes.

        Raises:
            PictureRefused: it is none that is taken; says why.
        """
        ...


class VectorIndex(Protocol):
    """The vectors of a build."""

    async def search(
        self, collection: str, vector: Vector, where: Expr | Sequence[str] | None, limit: int
    ) -> list[tuple[str, float]]:
        """(product id, inner product) of the nearest that pass a filter, or are among ids, best first."""
        ...

    async def vectors(self, collection: str, ids: Sequence[str]) -> dict[str, Vector]:
        """Vectors by product id, of those that are there."""
        ...


class IndexWriter(Protocol):
    """The one writer of a build's collections.

    Once the index was away, every call raises until `ensure` is called: what was not flushed may be gone.
    """

    async def ensure(self, collections: Mapping[str, int]) -> bool:
        """Makes the collections, by their dimension, that are missing; whether any was."""
        ...

    async def put(self, collection: str, documents: Sequence[Document], vectors: Vector) -> None: ...

    async def known(self, collection: str, ids: Sequence[str]) -> dict[str, tuple[str, Vector]]:
        """Digest and vector by product id, of those that are there."""
        ...

    async def remove(self, collection: str, ids: Sequence[str]) -> None: ...

    async def flush(self, collections: Sequence[str]) -> None:
        """Makes everything written durable."""
        ...

    async def ids(self, collection: str) -> set[str]:
        """Every product id in the collection."""
        ...

    async def ping(self, collections: Sequence[str]) -> None:
        """Raises when the index does not answer, or has a collection no longer loaded."""
        ...

    async def point_alias(self, alias: str, collection: str) -> None:
        """Lets the alias name this collection."""
        ...

    async def keep_only(self, collections: Collection[str]) -> list[str]:
        """Drops collections of other builds; returns their names."""
        ...


class Releases(Protocol):
    """The registered releases, and what was built with them."""

    async def add(self, release: Release) -> Release | None:
        """The release as registered; None when the number is taken."""
        ...

    async def get(self, number: int) -> Release | None: ...

    async def page(self, below: int | None, limit: int) -> list[Release]:
        """Highest number first."""
        ...

    async def promote(self, number: int) -> Release:
        """Retires the promoted one, promotes this one, and begins a build of it."""
        ...

    async def serving(self) -> Build | None:
        """The build that answers."""
        ...

    async def building(self) -> Build | None:
        """The build that is being filled."""
        ...

    async def advance(self, build: Build, cursor: str) -> None:
        """Remembers up to where a build is durable."""
        ...

    async def serve(self, build: Build) -> bool:
        """Lets the build answer instead of the one before, and tells all replicas; not one that was replaced."""
        ...


class Queries(Protocol):
    """What shoppers searched for."""

    async def remember(self, searches: Collection[tuple[str, str, str]]) -> None:
        """(shopper, normalized query, query as typed), each the shopper's newest; those of who searches much go.

        What a visitor who logged in meanwhile searched for is the account's, and of an erased account nothing is kept.
        """
        ...

    async def own(self, shopper: str, limit: int) -> list[str]:
        """As typed, newest first."""
        ...

    async def popular(self) -> list[str]:
        """What the most shoppers search for, the most frequent first, as it was last counted."""
        ...

    async def count(self, window_days: int, least: int) -> None:
        """Counts anew what at least so many shoppers searched for."""
        ...

    async def forget(self, window_days: int) -> None:
        """Forgets searches that are older."""
        ...


class PictureSource(Protocol):
    """The pictures of products."""

    async def fetch(self, name: str) -> bytes | None:
        """The original's bytes; None when the product has it no longer."""
        ...


@dataclass(frozen=True, slots=True)
class AccountChange:
    """One of the two is set."""

    merge: tuple[str, str] | None = None
    """(visitor, user)."""
    erased: str = ""
    """`users/{user}`."""


class AccountFeed(Protocol):
    """Changes of accounts."""

    async def changes(self, cursor: str, wait_s: int = 0) -> tuple[list[AccountChange], str, bool]:
        """Changes after the cursor, the next cursor, and whether more are waiting. Waits for one if there is none."""
        ...


class Accounts(Protocol):
    """Applies changes of accounts to what shoppers searched for."""

    async def apply(self, changes: Sequence[AccountChange], cursor: str) -> None:
        """In one transaction with the cursor. Twice is as once."""
        ...

    async def cursor(self) -> str:
        """Up to where changes were applied."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """An event of a shopper as the user tower takes it."""

    product_id: str
    kind: str
    """Name of the event's kind, such as `VIEW`."""
    time_s: float
    """Since 1970."""


@dataclass(frozen=True, slots=True)
class Tower:
    """The user tower that recommends, and the item vectors that its vectors meet."""

    version: str
    collection: str
    dimension: int
    history_length: int
    max_preferred_categories: int
    kinds: Mapping[str, int]
    """Code of the tower by event kind."""


class Tastes(Protocol):
    """What the recommender knows of shoppers, by its contracts."""

    async def tower(self) -> Tower | None:
        """The tower that recommends; None when no release is promoted."""
        ...

    async def history(self, shopper: str, kinds: Collection[str], most: int) -> list[Step]:
        """The shopper's newest events of these kinds, oldest first."""
        ...

    async def user_vector(self, tower: Tower, vectors: Vector, kinds: Sequence[int], ages_h: Sequence[float]) -> Vector:
        """The shopper's vector; `vectors` is [events, dimension], oldest first."""
        ...
