"""ReviewService."""

from typing import Any

from aisle.catalog.v1 import review_service_pb2 as pb
from aisle.catalog.v1.review_service_pb2_grpc import ReviewServiceServicer

from services.catalog.servicer import imports, messages, parsing
from services.catalog.use_cases.reviews import ReviewUseCases
from services.kit import paging


class ReviewServicer(ReviewServiceServicer):
    """Parses, calls, renders."""

    def __init__(self, reviews: ReviewUseCases) -> None:
        self._reviews = reviews

    async def GetReview(self, request: pb.GetReviewRequest, _: Any) -> pb.Review:
        return messages.review(await self._reviews.get(*parsing.pair(request.name)))

    async def ListReviews(self, request: pb.ListReviewsRequest, _: Any) -> pb.ListReviewsResponse:
        after = paging.decode(request.page_token, request)
        size = paging.page_size(request.page_size, 20, 100)
        found, following, total = await self._reviews.page(parsing.last(request.parent), after, size)
        token = paging.encode(dict(following), request) if following else ""
        return pb.ListReviewsResponse(reviews=map(messages.review, found), next_page_token=token, total_size=total)

    async def ImportReviews(self, request: pb.ImportReviewsRequest, _: Any) -> pb.ImportReviewsResponse:
        good, refused = imports.reviews(request.reviews)
        outcome = await self._reviews.import_(good)
        refusals = imports.refusals(pb.ImportReviewsResponse.Refusal, [*refused, *outcome.refused])
        return pb.ImportReviewsResponse(**imports.counts(outcome), refusals=refusals)
