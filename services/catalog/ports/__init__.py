"""What the use cases need of the world; adapters/ provides it, tests may bring their own."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from services.catalog.ports.commerce import (
    AccountChange,
    AccountFeed,
    Carts,
    CheckoutKey,
    CheckoutRecord,
    Orders,
    Outbox,
    PaymentProvider,
    Recommender,
    Watermarks,
)
from services.catalog.ports.shop import (
    Categories,
    Change,
    PictureDecoder,
    PictureFiles,
    Pictures,
    Position,
    ProductQuery,
    ProductRecord,
    Products,
    Replays,
    Reviews,
    Snapshots,
    SortKey,
)

__all__ = [
    "AccountChange",
    "AccountFeed",
    "Carts",
    "Categories",
    "Change",
    "CheckoutKey",
    "CheckoutRecord",
    "Database",
    "Orders",
    "Outbox",
    "PaymentProvider",
    "PictureDecoder",
    "PictureFiles",
    "Pictures",
    "Position",
    "ProductQuery",
    "ProductRecord",
    "Products",
    "Recommender",
    "Replays",
    "Reviews",
    "Snapshots",
    "SortKey",
    "Transaction",
    "Watermarks",
]


class Transaction(Protocol):
    """One transaction over everything that the catalogue keeps."""

    @property
    def products(self) -> Products: ...

    @property
    def categories(self) -> Categories: ...

    @property
    def pictures(self) -> Pictures: ...

    @property
    def reviews(self) -> Reviews: ...

    @property
    def carts(self) -> Carts: ...

    @property
    def orders(self) -> Orders: ...

    @property
    def outbox(self) -> Outbox: ...

    @property
    def watermarks(self) -> Watermarks: ...

    @property
    def replays(self) -> Replays: ...


class Database(Protocol):
    """Where transactions come from."""

    def begin(self) -> AbstractAsyncContextManager[Transaction]:
        """Commits when the block ends, rolls back when it raises."""
        ...
