"""What is sold, how it looks, and what is said of it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from services.catalog.domain.category import Category
from services.catalog.domain.picture import Picture
from services.catalog.domain.product import Product, ProductDetails
from services.catalog.domain.review import Review
from services.kit.filters import Expr


@dataclass(frozen=True, slots=True)
class ProductRecord:
    """All columns of a product that are written from outside."""

    id: str
    details: ProductDetails
    category_ids: tuple[str, ...]
    stock_quantity: int
    create_time: datetime | None = None
    """None for the time of writing."""
    imported_stock: int | None = None
    """What the last import said of the stock; None where none said anything."""


@dataclass(frozen=True, slots=True)
class SortKey:
    """One field to order by."""

    field: str
    descending: bool


@dataclass(frozen=True, slots=True)
class ProductQuery:
    """Which products to list, in which order."""

    filter: Expr | None
    order: tuple[SortKey, ...]
    """Ends with the id, so that the order is total."""


@dataclass(frozen=True, slots=True)
class Change:
    """A product that was created, changed or deleted."""

    product_id: str
    change_time: datetime


Position = Mapping[str, Any]
"""The values by which the next page goes on: JSON values by name."""


class Products(Protocol):
    """Products within a transaction."""

    async def get(self, product_id: str) -> Product | None: ...

    async def get_many(self, ids: Collection[str]) -> dict[str, Product]:
        """The products that exist, by id."""
        ...

    async def lock(self, ids: Collection[str]) -> dict[str, Product]:
        """The products that exist, by id, held against other writers until the transaction ends."""
        ...

    async def insert(self, records: Sequence[ProductRecord]) -> set[str]:
        """Writes new products; returns the ids that were free."""
        ...

    async def update(self, records: Sequence[ProductRecord]) -> None: ...

    async def set_stock(self, product_id: str, quantity: int) -> None:
        """Writes the units on hand of a product that is locked."""
        ...

    async def take_stock(self, units: Mapping[str, int]) -> None:
        """Takes units of products that are locked."""
        ...

    async def return_stock(self, units: Mapping[str, int]) -> None:
        """Brings units back, of the products that still exist; locks them."""
        ...

    async def touch(self, ids: Collection[str]) -> None:
        """Gives products a new version: something that they show has changed."""
        ...

    async def delete(self, product_id: str) -> None: ...

    async def page(self, query: ProductQuery, after: Position | None, limit: int) -> tuple[list[str], Position | None]:
        """Ids of a page, and where the next one begins; None at the end."""
        ...

    async def count(self, where: Expr | None) -> int: ...

    async def changes(self, cursor: str, limit: int) -> tuple[list[Change], str]:
        """Changes after the cursor, oldest first, and the cursor after them."""
        ...


class Categories(Protocol):
    """The category tree within a transaction."""

    async def lock_tree(self) -> None:
        """Holds the tree against other writers of categories until the transaction ends."""
        ...

    async def get(self, category_id: str) -> Category | None: ...

    async def hold(self, ids: Collection[str]) -> dict[str, Category]:
        """The categories that exist, held against renaming and deletion until the transaction ends."""
        ...

    async def hold_alone(self, category_id: str) -> None:
        """Waits for everybody who holds the category, and lets nobody else hold it until the transaction ends."""
        ...

    async def by_path(self, paths: Collection[tuple[str, ...]]) -> dict[tuple[str, ...], Category]:
        """Categories by the path of names that they have, or were made with."""
        ...

    async def taken(self, ids: Collection[str]) -> set[str]: ...

    async def insert(self, category: Category, origin: tuple[str, ...]) -> None:
        """Writes a new category; `origin` is the path of names by which imports find it."""
        ...

    async def rename(self, category_id: str, display_name: str) -> None:
        """Renames it in its own path and in those of all below; touches the products there."""
        ...

    async def is_empty(self, category_id: str) -> bool:
        """Whether it holds neither products nor categories."""
        ...

    async def delete(self, category_id: str) -> None: ...

    async def page(self, after: Position | None, limit: int) -> tuple[list[Category], Position | None]:
        """Parents before their children, and where the next page begins; None at the end."""
        ...


class Pictures(Protocol):
    """Which product shows which pictures, within a transaction."""

    async def of(self, product_id: str, picture_id: str) -> Picture | None: ...

    async def get(self, picture_id: str) -> Picture | None:
        """The picture, whoever shows it."""
        ...

    async def put(self, picture: Picture) -> None:
        """Records a picture and holds it against sweeping until the transaction ends."""
        ...

    async def link(self, product_id: str, picture_id: str) -> None:
        """Shows it as the product's last picture."""
        ...

    async def unlink(self, product_id: str, picture_id: str) -> bool:
        """Takes it from the product; False when it was not there."""
        ...

    async def take_unused(self, since: datetime, limit: int) -> list[str]:
        """Forgets pictures that no product shows and none took up since; returns their ids."""
        ...


class Reviews(Protocol):
    """Reviews within a transaction."""

    async def get_many(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Review]: ...

    async def put(self, reviews: Sequence[Review]) -> None:
        """Writes new reviews and over old ones."""
        ...

    async def refresh_ratings(self, product_ids: Collection[str]) -> None:
        """Brings the ratings of the products up to their reviews."""
        ...

    async def page(self, product_id: str, after: Position | None, limit: int) -> tuple[list[Review], Position | None]:
        """Newest first, and where the next page begins; None at the end."""
        ...

    async def count(self, product_id: str) -> int: ...

    async def by_author(self, product_id: str, author: str) -> Review | None: ...

    async def add_own(self, review: Review) -> Review:
        """Writes a buyer's new review; returns it as it stands."""
        ...

    async def delete(self, product_id: str, review_id: str) -> None: ...

    async def page_of_author(
        self, author: str, after: Position | None, limit: int
    ) -> tuple[list[Review], Position | None]:
        """An author's, newest first, and where the next page begins; None at the end."""
        ...

    async def reviewed(self, author: str) -> list[str]:
        """Ids of the products that the author reviewed."""
        ...

    async def delete_of_author(self, author: str) -> None: ...


class Replays(Protocol):
    """First answers of calls that must not happen twice, within a transaction."""

    async def claim(self, caller: str, method: str, request_id: str, fingerprint: bytes) -> tuple[bytes, bytes] | None:
        """None when the call is new; else fingerprint and answer of the first one."""
        ...

    async def answer(self, caller: str, method: str, request_id: str, answer: bytes) -> None: ...

    async def forget(self, before: datetime) -> None: ...

    async def forget_caller(self, caller: str) -> None: ...


class Snapshots(Protocol):
    """Products as they are answered, current at the moment of asking."""

    async def get(self, ids: Sequence[str]) -> dict[str, bytes]:
        """Rendered products by id, without those that do not exist."""
        ...


class PictureFiles(Protocol):
    """Picture files, by id and width (0 for the original)."""

    async def read(self, picture: Picture, width: int) -> bytes | None: ...

    async def write(self, picture: Picture, width: int, content: bytes) -> None:
        """Writes a whole file or none, and does nothing when it is there."""
        ...

    async def remove(self, ids: Iterable[str]) -> None: ...


class PictureDecoder(Protocol):
    """Decodes pictures where it can do no harm.

    Raises, from every method:
        PictureRefused: the bytes do not decode, or take too much time or memory.
    """

    async def measure(self, content: bytes) -> tuple[int, int]:
        """Width and height as shown; decodes the whole picture."""
        ...

    async def resize(self, content: bytes, width: int, content_type: str) -> bytes: ...
