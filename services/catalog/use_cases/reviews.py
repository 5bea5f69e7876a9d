"""Reviews: read, and imported with the ratings that follow from them."""

from collections.abc import Sequence
from dataclasses import replace

from services.catalog.domain.imports import Outcome
from services.catalog.domain.review import ImportedReview, Review
from services.catalog.ports import Database, Position, Transaction
from services.catalog.use_cases.measures import IMPORTED
from services.kit.errors import NotFound


class ReviewUseCases:
    """Everything of ReviewService."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, product_id: str, review_id: str) -> Review:
        """The review.

        Raises:
            NotFound: it does not exist.
        """
        async with self._database.begin() as transaction:
            found = await transaction.reviews.get_many([(product_id, review_id)])
        if not found:
            raise NotFound(f"products/{product_id}/reviews/{review_id}")
        return found[product_id, review_id]

    async def page(
        self, product_id: str, after: Position | None, limit: int
    ) -> tuple[list[Review], Position | None, int]:
        """Newest first, where the next page begins, and how many there are in all.

        Raises:
            NotFound: the product does not exist.
        """
        async with self._database.begin() as transaction:
            if await transaction.products.get(product_id) is None:
                raise NotFound(f"products/{product_id}")
            reviews, following = await transaction.reviews.page(product_id, after, limit)
            return reviews, following, await transaction.reviews.count(product_id)

    async def import_(self, rows: Sequence[ImportedReview]) -> Outcome:
        """Writes what is new and what differs, and brings the ratings up to date."""
        outcome = Outcome()
        good = _without_repeats(rows, outcome)
        if good:
            async with self._database.begin() as transaction:
                await _write(transaction, good, outcome)
        IMPORTED.labels("review", "created").inc(outcome.created)
        IMPORTED.labels("review", "updated").inc(outcome.updated)
        IMPORTED.labels("review", "unchanged").inc(outcome.unchanged)
        IMPORTED.labels("review", "refused").inc(len(outcome.refused))
        return outcome


def _without_repeats(rows: Sequence[ImportedReview], outcome: Outcome) -> list[ImportedReview]:
    seen: dict[tuple[str, str], int] = {}
    good = []
    for row in rows:
        first = seen.setdefault(row.review.key, row.index)
        if first == row.index:
            good.append(row)
        else:
            outcome.refuse(row.index, "name", f"stands in row {first} of the request already")
    return good


async def _write(transaction: Transaction, rows: list[ImportedReview], outcome: Outcome) -> None:
    # Held until the end: two imports that count the ratings of a product at once would both miss the other's.
    products = await transaction.products.lock({row.review.product_id for row in rows})
    for row in rows:
        if row.review.product_id not in products:
            outcome.refuse(row.index, "name", f"products/{row.review.product_id} was not found")
    standing = [row.review for row in rows if row.review.product_id in products]
    there = await transaction.reviews.get_many([review.key for review in standing]) if standing else {}
    written = [_over(review, there.get(review.key)) for review in standing]
    changed = [review for review in written if review != there.get(review.key)]
    if changed:
        await transaction.reviews.put(changed)
        await transaction.reviews.refresh_ratings({review.product_id for review in changed})
    outcome.created = sum(review.key not in there for review in changed)
    outcome.updated = len(changed) - outcome.created
    outcome.unchanged = len(standing) - len(changed)


def _over(review: Review, old: Review | None) -> Review:
    """The review as it will stand: one that names no time keeps the time that it has."""
    return replace(review, create_time=old.create_time) if old and review.create_time is None else review
