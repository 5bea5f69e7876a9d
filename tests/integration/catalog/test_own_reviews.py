"""Reviews that buyers write: one each, theirs alone, and counted in the rating at once."""

import asyncio
import random
import uuid
from typing import Any

import grpc
import pytest
from aisle.catalog.v1 import order_service_pb2 as orders_pb
from aisle.catalog.v1 import review_service_pb2 as pb

from services.catalog.settings import CatalogSettings
from tests.integration.catalog.clients import Client
from tests.integration.catalog.shoppers import NewShopper, Shopper, reason, sell
from tests.integration.catalog.test_following import rows
from tests.integration.catalog.test_products import violations
from tests.integration.catalog.test_reviews import rating


def writing(stars: int = 4, request_id: str = "", **fields: Any) -> pb.CreateReviewRequest:
    review = {"rating": stars, "title": "Good", "text": "It bends.", "author_display_name": "Ann"} | fields
    return pb.CreateReviewRequest(parent="products/lamp", review=review, request_id=request_id)


async def buyer(shopper: NewShopper) -> Shopper:
    person = shopper()
    await person.add()
    await person.buy()
    return person


async def test_a_buyer_writes_one_review(client: Client, shopper: NewShopper, settings: CatalogSettings) -> None:
    await sell(client)
    ann = await buyer(shopper)
    request = writing(5, str(uuid.uuid4()), author="users/somebody-else", name="products/lamp/reviews/mine")
    written = await asyncio.gather(*(ann.call("CreateReview", request) for _ in range(5)))
    assert len({review.SerializeToString() for review in written}) == 1
    assert (written[0].author, written[0].rating, written[0].text) == (ann.subject, 5, "It bends.")
    assert await rating(client) == (5, 1)
    second = await ann.refused("CreateReview", writing(1))
    assert (second.code(), written[0].name in (second.details() or "")) == (grpc.StatusCode.ALREADY_EXISTS, True)
    listed = await ann.call("ListUserReviews", pb.ListUserReviewsRequest(parent=ann.subject))
    assert list(listed.reviews) == [written[0]]
    events = await rows(settings, "SELECT shopper, rating FROM outbox WHERE kind = 6")
    assert events == [(ann.subject, 5)]


async def test_two_reviews_at_once_are_one(client: Client, second: Client, shopper: NewShopper) -> None:
    await sell(client)
    ann = await buyer(shopper)
    calls = (ann.via((client, second)[i % 2], "CreateReview", writing(1 + i)) for i in range(5))
    done = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(answer, pb.Review) for answer in done) == 1
    assert (await rating(client))[1] == 1


async def test_who_did_not_buy_does_not_review(client: Client, shopper: NewShopper) -> None:
    await sell(client)
    ann = shopper()
    assert reason(await ann.refused("CreateReview", writing())) == "NOT_BOUGHT"
    await ann.add()
    order = await ann.buy()
    await ann.call("CancelOrder", orders_pb.CancelOrderRequest(name=order.name))
    assert reason(await ann.refused("CreateReview", writing())) == "NOT_BOUGHT"
    assert violations(await ann.refused("CreateReview", writing(0))) == ["review.rating"]
    visitor = shopper("visitors/vera")
    assert (await visitor.refused("CreateReview", writing())).code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_review_is_changed_and_deleted_by_its_author(
    client: Client, shopper: NewShopper, settings: CatalogSettings
) -> None:
    await sell(client)
    ann, bob = await buyer(shopper), await buyer(shopper)
    mine = await ann.call("CreateReview", writing(5))
    await bob.call("CreateReview", writing(2))
    update = pb.UpdateReviewRequest(review={"name": mine.name, "rating": 1, "text": "It broke."})
    delete = pb.DeleteReviewRequest(name=mine.name)
    as_his = pb.UpdateReviewRequest(review={"name": mine.name, "rating": 1, "author": bob.subject})
    for method, request in (("UpdateReview", update), ("UpdateReview", as_his), ("DeleteReview", delete)):
        assert (await bob.refused(method, request)).code() is grpc.StatusCode.PERMISSION_DENIED
    assert await rating(client) == (3.5, 2)
    changed = await ann.call("UpdateReview", update)
    assert (changed.rating, changed.text, changed.title, changed.create_time) == (
        1,
        "It broke.",
        "Good",
        mine.create_time,
    )
    assert await rating(client) == (1.5, 2)
    cleared = pb.UpdateReviewRequest(review={"name": mine.name}, update_mask={"paths": ["rating"]})
    assert violations(await ann.refused("UpdateReview", cleared)) == ["review.rating"]
    wrong = pb.UpdateReviewRequest(review={"name": mine.name}, update_mask={"paths": ["stars"]})
    assert violations(await ann.refused("UpdateReview", wrong)) == ["update_mask"]
    backdated = pb.UpdateReviewRequest(review={"name": mine.name, "create_time": {"seconds": 1}})
    assert violations(await ann.refused("UpdateReview", backdated)) == ["review.create_time"]
    again = pb.UpdateReviewRequest(review=changed)
    assert await ann.call("UpdateReview", again) == changed, "what was read can be sent back"
    await ann.call("DeleteReview", delete)
    assert await rating(client) == (2, 1)
    assert (await ann.refused("DeleteReview", delete)).code() is grpc.StatusCode.NOT_FOUND
    await ann.call("CreateReview", writing(4))
    theirs = (await bob.call("ListUserReviews", pb.ListUserReviewsRequest(parent=bob.subject))).reviews[0]
    await client.call("DeleteReview", pb.DeleteReviewRequest(name=theirs.name))  # a merchant, of what is out of order
    assert await rating(client) == (4, 1)
    told = await rows(settings, f"SELECT rating FROM outbox WHERE kind = 6 AND shopper = '{ann.subject}' ORDER BY id")
    assert told == [(5,), (1,), (4,)]


async def test_ratings_are_right_whatever_happens_at_once(client: Client, second: Client, shopper: NewShopper) -> None:
    await sell(client, stock=50)
    people = [await buyer(shopper) for _ in range(12)]

    async def write(number: int, person: Shopper) -> None:
        dice, here = random.Random(number), (client, second)[number % 2]
        for _ in range(3):
            mine = await person.via(here, "CreateReview", writing(dice.randint(1, 5)))
            changed = {"name": mine.name, "rating": dice.randint(1, 5)}
            await person.via(here, "UpdateReview", pb.UpdateReviewRequest(review=changed))
            await person.via(here, "DeleteReview", pb.DeleteReviewRequest(name=mine.name))
        await person.via(here, "CreateReview", writing(1 + number % 5))

    await asyncio.gather(*(write(number, person) for number, person in enumerate(people)))
    given = [1 + number % 5 for number in range(len(people))]
    assert await rating(client) == (pytest.approx(sum(given) / len(given)), len(given))
