"""ReviewService."""

from typing import Any

from aisle.catalog.v1 import review_service_pb2 as pb
from aisle.catalog.v1.review_service_pb2_grpc import ReviewServiceServicer
from google.protobuf import empty_pb2

from services.catalog.servicer import imports, messages, parsing
from services.catalog.use_cases.own_reviews import Draft, OwnReviews
from services.catalog.use_cases.reviews import ReviewUseCases
from services.kit import context, paging
from services.kit.errors import InvalidArgument
from services.kit.masks import written

WRITABLE = ("rating", "title", "text", "author_display_name")
STAFF = frozenset({"merchant", "admin", "service"})
"""Who may delete what others wrote."""


class ReviewServicer(ReviewServiceServicer):
    """Parses, calls, renders."""

    def __init__(self, reviews: ReviewUseCases, own: OwnReviews) -> None:
        self._reviews = reviews
        self._own = own

    async def GetReview(self, request: pb.GetReviewRequest, _: Any) -> pb.Review:
        return messages.review(await self._reviews.get(*parsing.pair(request.name)))

    async def ListReviews(self, request: pb.ListReviewsRequest, _: Any) -> pb.ListReviewsResponse:
        after = paging.decode(request.page_token, request)
        size = paging.page_size(request.page_size, 20, 100)
        found, following, total = await self._reviews.page(parsing.last(request.parent), after, size)
        token = paging.encode(dict(following), request) if following else ""
        return pb.ListReviewsResponse(reviews=map(messages.review, found), next_page_token=token, total_size=total)

    async def ListUserReviews(self, request: pb.ListUserReviewsRequest, _: Any) -> pb.ListUserReviewsResponse:
        after = paging.decode(request.page_token, request)
        size = paging.page_size(request.page_size, 20, 100)
        found, following = await self._own.page(request.parent, after, size)
        token = paging.encode(dict(following), request) if following else ""
        return pb.ListUserReviewsResponse(reviews=map(messages.review, found), next_page_token=token)

    async def CreateReview(self, request: pb.CreateReviewRequest, _: Any) -> pb.Review:
        draft = Draft(**{field: getattr(request.review, field) for field in WRITABLE})
        key = parsing.request_key(request, "CreateReview")
        product_id = parsing.last(request.parent)
        return pb.Review.FromString(await self._own.create(product_id, parsing.subject(), draft, key))

    async def UpdateReview(self, request: pb.UpdateReviewRequest, _: Any) -> pb.Review:
        if not request.review.name:
            raise InvalidArgument.field("review.name", "is required")
        given = request.review
        fields = await written(given, request.update_mask.paths, WRITABLE, lambda: self._own_one(given.name))
        changed = {field: getattr(given, field) for field in WRITABLE if field in fields}
        return messages.review(await self._own.update(*parsing.pair(given.name), parsing.subject(), changed))

    async def DeleteReview(self, request: pb.DeleteReviewRequest, _: Any) -> empty_pb2.Empty:
        await self._own.delete(*parsing.pair(request.name), _author())
        return empty_pb2.Empty()

    async def ImportReviews(self, request: pb.ImportReviewsRequest, _: Any) -> pb.ImportReviewsResponse:
        good, refused = imports.reviews(request.reviews)
        outcome = await self._reviews.import_(good)
        refusals = imports.refusals(pb.ImportReviewsResponse.Refusal, [*refused, *outcome.refused])
        return pb.ImportReviewsResponse(**imports.counts(outcome), refusals=refusals)

    async def _own_one(self, name: str) -> pb.Review:
        return messages.review(await self._own.get(*parsing.pair(name), parsing.subject()))


def _author() -> str | None:
    """Whose reviews the caller may delete; None for anybody's."""
    caller = context.principal()
    return None if caller is not None and STAFF & caller.roles else parsing.subject()
