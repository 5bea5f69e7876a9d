"""Transactions on PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.catalog.adapters.categories import SqlCategories
from services.catalog.adapters.pictures import SqlPictures
from services.catalog.adapters.products import SqlProducts
from services.catalog.adapters.replays import SqlReplays
from services.catalog.adapters.reviews import SqlReviews
from services.kit.database import UnitOfWork
from services.kit.errors import Aborted

DEADLOCK = "40P01"


class SqlTransaction:
    """One transaction over everything that the catalogue keeps."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.products = SqlProducts(connection)
        self.categories = SqlCategories(connection)
        self.pictures = SqlPictures(connection)
        self.reviews = SqlReviews(connection)
        self.replays = SqlReplays(connection)


class SqlDatabase:
    """The catalogue's database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[SqlTransaction]:
        """Commits when the block ends, rolls back when it raises.

        Raises:
            Aborted: two transactions waited for each other, and this one gave way.
        """
        try:
            async with UnitOfWork(self._engine) as connection:
                yield SqlTransaction(connection)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", "") != DEADLOCK:
                raise
            sentence = "Somebody else wrote the same things at the same time. Try again."
            raise Aborted(sentence, reason="CONCURRENT_WRITE") from None
