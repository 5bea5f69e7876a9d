"""Reviews that buyers write, change and delete; the rating changes in the same transaction."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.catalog.domain.review import Review
from services.catalog.domain.shopper_event import EventKind, ShopperEvent
from services.catalog.ports import Database, Position, Transaction
from services.catalog.use_cases.replay import RequestKey, once
from services.kit.errors import AlreadyExists, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied

Rendered = bytes
"""A review as it is answered."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a buyer writes."""

    rating: int
    title: str
    text: str
    author_display_name: str


class OwnReviews:
    """The part of ReviewService that is for buyers."""

    def __init__(self, database: Database, render: Callable[[Review], Rendered], rated: Callable[[], None]) -> None:
        """
        Args:
            database: where reviews, orders and products are.
            render: makes the answer.
            rated: called when there are ratings to tell of.
        """
        self._database = database
        self._render = render
        self._rated = rated

    async def page(self, author: str, after: Position | None, limit: int) -> tuple[list[Review], Position | None]:
        """An author's, newest first, and where the next page begins; None at the end."""
        async with self._database.begin() as transaction:
            return await transaction.reviews.page_of_author(author, after, limit)

    async def get(self, product_id: str, review_id: str, author: str) -> Review:
        """A review of the author's.

        Raises:
            NotFound: it does not exist.
            PermissionDenied: somebody else wrote it.
        """
        async with self._database.begin() as transaction:
            found = await transaction.reviews.get_many([(product_id, review_id)])
        if not found:
            raise NotFound(f"products/{product_id}/reviews/{review_id}")
        review = found[product_id, review_id]
        _check_author(review, author)
        return review

    async def create(self, product_id: str, author: str, draft: Draft, key: RequestKey | None) -> Rendered:
        """A new review of a product that the author has bought.

        Raises:
            InvalidArgument: there is no rating.
            NotFound: the product does not exist.
            FailedPrecondition: the author has not bought it.
            AlreadyExists: the author wrote one already.
        """
        _check_rating(draft.rating)
        async with self._database.begin() as transaction:

            async def act() -> Rendered:
                # Locked: of two reviews of one author the second sees the first, and ratings are counted one by one.
                await _lock(transaction, product_id)
                if not await transaction.orders.has_bought(author, product_id):
                    raise FailedPrecondition(
                        "Only who has bought a product reviews it.", reason="NOT_BOUGHT", name=f"products/{product_id}"
                    )
                if (old := await transaction.reviews.by_author(product_id, author)) is not None:
                    raise AlreadyExists(f"products/{product_id}/reviews/{old.id}")
                written = await transaction.reviews.add_own(_review(product_id, author, draft))
                await _count(transaction, written)
                return self._render(written)

            rendered = await once(transaction.replays, key, act)
        self._rated()
        return rendered

    async def update(self, product_id: str, review_id: str, author: str, changed: Mapping[str, Any]) -> Review:
        """Writes the fields in `changed`, which are named as those of Draft.

        Raises:
            InvalidArgument: the rating is taken away.
            NotFound: the review does not exist.
            PermissionDenied: somebody else wrote it.
        """
        _check_rating(changed.get("rating", 1))
        async with self._database.begin() as transaction:
            old = await _lock_review(transaction, product_id, review_id)
            _check_author(old, author)
            new = replace(old, **changed)
            if new != old:
                await transaction.reviews.put([new])
            if new.rating != old.rating:
                await _count(transaction, new)
        self._rated()
        return new

    async def delete(self, product_id: str, review_id: str, author: str | None) -> None:
        """Deletes a review; anybody's without an author.

        Raises:
            NotFound: it does not exist.
            PermissionDenied: somebody else wrote it.
        """
        async with self._database.begin() as transaction:
            review = await _lock_review(transaction, product_id, review_id)
            if author is not None:
                _check_author(review, author)
            await transaction.reviews.delete(product_id, review_id)
            await transaction.reviews.refresh_ratings([product_id])


async def _count(transaction: Transaction, review: Review) -> None:
    """Brings the product's rating up to date, and the recommender, in time."""
    await transaction.reviews.refresh_ratings([review.product_id])
    event = ShopperEvent(
        # Made up once: what is sent again comes from the same row.
        id=f"review-{uuid.uuid4().hex}",
        shopper=review.author,
        kind=EventKind.RATE,
        product_id=review.product_id,
        event_time=None,
        rating=review.rating,
    )
    await transaction.outbox.add([event])


async def _lock(transaction: Transaction, product_id: str) -> None:
    if not await transaction.products.lock([product_id]):
        raise NotFound(f"products/{product_id}")


async def _lock_review(transaction: Transaction, product_id: str, review_id: str) -> Review:
    key = product_id, review_id
    found = await transaction.reviews.get_many([key]) if await transaction.products.lock([product_id]) else {}
    if key not in found:
        raise NotFound(f"products/{product_id}/reviews/{review_id}")
    return found[key]


def _review(product_id: str, author: str, draft: Draft) -> Review:
    return Review(
        product_id=product_id,
        id=uuid.uuid4().hex[:16],
        author=author,
        author_display_name=draft.author_display_name,
        rating=draft.rating,
        title=draft.title,
        text=draft.text,
        create_time=None,
    )


def _check_author(review: Review, author: str) -> None:
    if review.author != author:
        name = f"products/{review.product_id}/reviews/{review.id}"
        raise PermissionDenied("Somebody else wrote this review.", reason="NOT_OWNER", name=name)


def _check_rating(rating: int) -> None:
    if rating < 1:
        raise InvalidArgument.field("review.rating", "must be 1 to 5")
