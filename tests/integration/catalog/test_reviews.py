"""Reviews, and the ratings that follow from them."""

import asyncio
from typing import Any

import grpc
import pytest
from aisle.catalog.v1 import product_service_pb2 as products_pb
from aisle.catalog.v1 import review_service_pb2 as pb

from tests.integration.catalog.conftest import Client
from tests.integration.catalog.test_products import create, violations


def review(number: int, rating: int = 4, product_id: str = "lamp", **fields: Any) -> pb.Review:
    message = pb.Review(
        name=f"products/{product_id}/reviews/r{number}",
        author=f"users/u{number}",
        author_display_name="Ann",
        rating=rating,
        title="Good",
        text="It bends.",
        **fields,
    )
    message.create_time.FromSeconds(1_700_000_000 + number // 3)
    return message


async def write(client: Client, *reviews: pb.Review) -> tuple[tuple[int, int, int], list[tuple[int, str]]]:
    reply = await client.call("ImportReviews", pb.ImportReviewsRequest(reviews=reviews))
    counts = reply.created_count, reply.updated_count, reply.unchanged_count
    return counts, [(refusal.index, refusal.field) for refusal in reply.refusals]


async def rating(client: Client, product_id: str = "lamp") -> tuple[float, int]:
    read = await client.call("GetProduct", products_pb.GetProductRequest(name=f"products/{product_id}"))
    return read.rating, read.rating_count


async def test_a_rating_is_the_mean_of_the_reviews_that_gave_one(client: Client, second: Client) -> None:
    before = await create(client)
    assert await rating(client) == (0, 0)
    assert await write(client, review(1, 5), review(2, 4), review(3, 0), review(4, 2)) == ((4, 0, 0), [])
    assert await rating(second) == (pytest.approx(11 / 3), 3)
    assert await write(client, review(1, 5), review(2, 1)) == ((0, 1, 1), [])
    assert await rating(second) == (pytest.approx(8 / 3), 3)
    after = await client.call("GetProduct", products_pb.GetProductRequest(name=before.name))
    assert await write(client, review(1, 5), review(2, 1), review(3, 0)) == ((0, 0, 3), [])
    assert (await client.call("GetProduct", products_pb.GetProductRequest(name=before.name))) == after
    assert after.etag != before.etag


async def test_imports_at_once_miss_no_rating(client: Client, second: Client) -> None:
    await create(client)
    await asyncio.gather(*(write((client, second)[i % 2], review(i, 1 + i % 5)) for i in range(20)))
    assert await rating(client) == (3, 20)


async def test_reviews_come_newest_first_in_pages(client: Client) -> None:
    await create(client)
    await write(client, *(review(i) for i in range(10)))
    request = pb.ListReviewsRequest(parent="products/lamp", page_size=3)
    seen: list[str] = []
    while True:
        reply = await client.call("ListReviews", request, anonymous=True)
        assert reply.total_size == 10
        seen += [one.name.rpartition("/r")[2] for one in reply.reviews]
        if not reply.next_page_token:
            break
        request.page_token = reply.next_page_token
    assert seen == ["9", "6", "7", "8", "3", "4", "5", "0", "1", "2"]
    first = pb.ListReviewsRequest(parent="products/lamp", page_size=3)
    token = (await client.call("ListReviews", first)).next_page_token
    await create(client, "chair")
    other = pb.ListReviewsRequest(parent="products/chair", page_token=token)
    assert violations(await client.refused("ListReviews", other)) == ["page_token"]


async def test_a_review_comes_back_as_it_was_written(client: Client) -> None:
    await create(client)
    timeless = review(2)
    timeless.ClearField("create_time")
    await write(client, review(1), timeless)
    read = await client.call("GetReview", pb.GetReviewRequest(name=review(1).name), anonymous=True)
    assert read == review(1)
    stamped = await client.call("GetReview", pb.GetReviewRequest(name=timeless.name))
    assert stamped.HasField("create_time")
    assert await write(client, timeless) == ((0, 0, 1), [])
    for method, request in {
        "GetReview": pb.GetReviewRequest(name="products/lamp/reviews/none"),
        "ListReviews": pb.ListReviewsRequest(parent="products/none"),
    }.items():
        assert (await client.refused(method, request)).code() is grpc.StatusCode.NOT_FOUND
    await client.call("DeleteProduct", products_pb.DeleteProductRequest(name="products/lamp"))
    gone = await client.refused("GetReview", pb.GetReviewRequest(name=review(1).name))
    assert gone.code() is grpc.StatusCode.NOT_FOUND


async def test_a_bad_review_is_named_and_the_others_are_written(client: Client) -> None:
    await create(client)
    late = review(5)
    late.create_time.seconds = -(10**15)
    reviews = [
        review(1),
        review(2, 6),
        review(3, product_id="none"),
        pb.Review(name="reviews/r4"),
        late,
        review(1, 1),
        pb.Review(rating=3),
        review(7),
    ]
    counts, refused = await write(client, *reviews)
    assert (counts, refused) == (
        (2, 0, 0),
        [(1, "rating"), (2, "name"), (3, "name"), (4, "create_time"), (5, "name"), (6, "name")],
    )
    assert await rating(client) == (4, 2)
