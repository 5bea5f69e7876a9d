"""Reviews, and the ratings that follow from them."""

from collections.abc import Collection, Sequence

from sqlalchemy import bindparam, delete, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from services.catalog.adapters import positions
from services.catalog.adapters.tables import reviews
from services.catalog.domain.review import Review
from services.catalog.ports import Position

_COLUMNS = (
    reviews.c.product_id,
    reviews.c.id,
    reviews.c.author,
    reviews.c.author_display_name,
    reviews.c.rating,
    reviews.c.title,
    reviews.c.text,
    reviews.c.create_time,
)
# Only products whose rating really changes are written: each write is a change that the recommender follows.
_REFRESH = text("""
    UPDATE products SET rating_sum = fresh.sum, rating_count = fresh.count
    FROM (
        SELECT wanted.id, coalesce(sum(reviews.rating), 0) AS sum, count(reviews.rating) AS count
        FROM unnest(:ids) AS wanted (id)
        LEFT JOIN reviews ON reviews.product_id = wanted.id AND reviews.rating > 0
        GROUP BY wanted.id
    ) AS fresh
    WHERE products.id = fresh.id AND (products.rating_sum, products.rating_count) <> (fresh.sum, fresh.count)
""").bindparams(bindparam("ids", type_=ARRAY(Text)))
_ROWS = text("""
    SELECT product_id, id, author, author_display_name, rating, title, text, coalesce(create_time, now())
    FROM jsonb_to_recordset(:rows) AS row (product_id text, id text, author text, author_display_name text,
        rating smallint, title text, text text, create_time timestamptz)
""").bindparams(bindparam("rows", type_=JSONB))


class SqlReviews:
    """The table `reviews`, within a transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get_many(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Review]:
        """Reviews by (product id, review id)."""
        wanted = select(*_COLUMNS).where(tuple_(reviews.c.product_id, reviews.c.id).in_(list(keys)))
        found = [Review(*row) for row in await self._connection.execute(wanted)]
        return {review.key: review for review in found}

    async def put(self, written: Sequence[Review]) -> None:
        """Writes new reviews and over old ones."""
        rows = [
            {
                "product_id": review.product_id,
                "id": review.id,
                "author": review.author,
                "author_display_name": review.author_display_name,
                "rating": review.rating,
                "title": review.title,
                "text": review.text,
                "create_time": review.create_time.isoformat() if review.create_time else None,
            }
            for review in written
        ]
        names = [column.name for column in _COLUMNS]
        new = insert(reviews).from_select(names, _ROWS.columns(*_COLUMNS))
        over = {name: new.excluded[name] for name in names[2:]}
        both = new.on_conflict_do_update(index_elements=["product_id", "id"], set_=over)
        await self._connection.execute(both, {"rows": rows})

    async def refresh_ratings(self, product_ids: Collection[str]) -> None:
        """Brings the ratings of the products up to their reviews."""
        await self._connection.execute(_REFRESH, {"ids": sorted(product_ids)})

    async def page(self, product_id: str, after: Position | None, limit: int) -> tuple[list[Review], Position | None]:
        """Newest first, and where the next page begins; None at the end."""
        newest = select(*_COLUMNS).where(reviews.c.product_id == product_id)
        if after is not None:
            with positions.forged_is_invalid():
                time, review_id = positions.time(after["create_time"]), positions.text(after["id"])
            older = (reviews.c.create_time < time) | ((reviews.c.create_time == time) & (reviews.c.id > review_id))
            newest = newest.where(older)
        newest = newest.order_by(reviews.c.create_time.desc(), reviews.c.id).limit(limit + 1)
        found = [Review(*row) for row in await self._connection.execute(newest)]
        if len(found) <= limit:
            return found, None
        last = found[limit - 1]
        return found[:limit], {"create_time": str(last.create_time), "id": last.id}

    async def by_author(self, product_id: str, author: str) -> Review | None:
        """The author's review of the product."""
        theirs = select(*_COLUMNS).where(reviews.c.product_id == product_id, reviews.c.author == author).limit(1)
        row = (await self._connection.execute(theirs)).first()
        return Review(*row) if row else None

    async def add_own(self, review: Review) -> Review:
        """Writes a buyer's new review; returns it as it stands."""
        values = {column.name: getattr(review, column.name) for column in _COLUMNS if column.name != "create_time"}
        added = insert(reviews).values(**values, buyer=review.author).returning(*_COLUMNS)
        return Review(*(await self._connection.execute(added)).one())

    async def delete(self, product_id: str, review_id: str) -> None:
        """Deletes a review."""
        gone = delete(reviews).where(reviews.c.product_id == product_id, reviews.c.id == review_id)
        await self._connection.execute(gone)

    async def page_of_author(
        self, author: str, after: Position | None, limit: int
    ) -> tuple[list[Review], Position | None]:
        """An author's, newest first, and where the next page begins; None at the end."""
        order = (reviews.c.product_id, reviews.c.id)
        newest = select(*_COLUMNS).where(reviews.c.author == author)
        if after is not None:
            with positions.forged_is_invalid():
                time = positions.time(after["create_time"])
                key = positions.text(after["product_id"]), positions.text(after["id"])
            newest = newest.where(
                (reviews.c.create_time < time) | ((reviews.c.create_time == time) & (tuple_(*order) > key))
            )
        newest = newest.order_by(reviews.c.create_time.desc(), *order).limit(limit + 1)
        found = [Review(*row) for row in await self._connection.execute(newest)]
        if len(found) <= limit:
            return found, None
        last = found[limit - 1]
        return found[:limit], {"create_time": str(last.create_time), "product_id": last.product_id, "id": last.id}

    async def reviewed(self, author: str) -> list[str]:
        """Ids of the products that the author reviewed."""
        theirs = select(reviews.c.product_id).where(reviews.c.author == author).distinct()
        return list((await self._connection.execute(theirs)).scalars())

    async def delete_of_author(self, author: str) -> None:
        """Deletes everything that the author wrote."""
        await self._connection.execute(delete(reviews).where(reviews.c.author == author))

    async def count(self, product_id: str) -> int:
        """How many reviews the product has."""
        counted = select(func.count()).select_from(reviews).where(reviews.c.product_id == product_id)
        return (await self._connection.execute(counted)).scalar_one()
