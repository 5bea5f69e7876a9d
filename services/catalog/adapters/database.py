"""Transactions on PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.catalog.adapters.carts import SqlCarts
from services.catalog.adapters.categories import SqlCategories
from services.catalog.adapters.orders import SqlOrders
from services.catalog.adapters.outbox import SqlOutbox
from services.catalog.adapters.pictures import SqlPictures
from services.catalog.adapters.products import SqlProducts
from services.catalog.adapters.replays import SqlReplays
from services.catalog.adapters.reviews import SqlReviews
from services.catalog.adapters.watermarks import SqlWatermarks
from services.kit.database import UnitOfWork
from services.kit.errors import Aborted

CONFLICTS = frozenset({"40P01", "23505"})
"""SQLSTATEs of a deadlock, and of two who wrote the same new row: whoever tries again sees the other's."""


class SqlTransaction:
    """One transaction over everything that the catalogue keeps."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.products = SqlProducts(connection)
        self.categories = SqlCategories(connection)
        self.pictures = SqlPictures(connection)
        self.reviews = SqlReviews(connection)
        self.carts = SqlCarts(connection)
        self.orders = SqlOrders(connection)
        self.outbox = SqlOutbox(connection)
        self.watermarks = SqlWatermarks(connection)
        self.replays = SqlReplays(connection)


class SqlDatabase:
    """The catalogue's database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[SqlTransaction]:
        """Commits when the block ends, rolls back when it raises.

        Raises:
            Aborted: this transaction gave way to another one that wrote the same.
        """
        try:
            async with UnitOfWork(self._engine) as connection:
                yield SqlTransaction(connection)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", "") not in CONFLICTS:
                raise
            sentence = "Somebody else wrote the same things at the same time. Try again."
            raise Aborted(sentence, reason="CONCURRENT_WRITE") from None
