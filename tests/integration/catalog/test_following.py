"""What becomes of carts, orders and reviews when a visitor logs in and when a user is erased; what the recommender is
told."""

import asyncio
import uuid
from collections.abc import Sequence

from aisle.catalog.v1 import order_service_pb2 as orders_pb
from aisle.catalog.v1 import review_service_pb2 as reviews_pb
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

from services.catalog.adapters.database import SqlDatabase
from services.catalog.domain.shopper_event import ShopperEvent
from services.catalog.ports import AccountChange
from services.catalog.settings import CatalogSettings
from services.catalog.use_cases.following import AccountFollower
from services.catalog.use_cases.telling import Teller
from services.kit import database
from tests.integration.catalog.clients import Client
from tests.integration.catalog.shoppers import NewShopper, Shopper, reason, sell, stock
from tests.integration.catalog.test_reviews import rating


async def rows(settings: CatalogSettings, statement: str) -> list[tuple[object, ...]]:
    """Rows straight from the database."""
    engine = create_async_engine(settings.database_url, poolclass=NullPool)
    async with engine.connect() as connection:
        found = [tuple(row) for row in await connection.execute(text(statement))]
    await engine.dispose()
    return found


class Feed:
    """A feed of accounts with one page a change."""

    def __init__(self, *changes: AccountChange) -> None:
        self.pages = list(changes)

    async def changes(self, cursor: str, wait_s: int = 0) -> tuple[list[AccountChange], str, bool]:
        place = int(cursor or 0)
        page = self.pages[place : place + 1]
        return page, str(place + len(page)), place + 1 < len(self.pages)


async def follow(settings: CatalogSettings, *changes: AccountChange) -> None:
    """Two replicas follow the feed from the beginning, at once."""
    engine = database.engine(settings.database_url)
    followers = [AccountFollower(SqlDatabase(engine), Feed(*changes), 0.1) for _ in range(2)]
    for _ in changes:
        await asyncio.gather(*(follower.step() for follower in followers))
    assert (await rows(settings, "SELECT cursor FROM watermarks")) == [(str(len(changes)),)]
    await engine.dispose()


async def test_a_visitor_who_logs_in_takes_everything_along(
    client: Client, shopper: NewShopper, settings: CatalogSettings
) -> None:
    for name in ("lamp", "chair", "rug"):
        await sell(client, name, stock=9)
    vera, ann = shopper("visitors/vera"), shopper("users/ann")
    await vera.add("rug")
    request = vera.buying()
    bought = await vera.call("Checkout", request)
    await vera.add("lamp", 3)
    await vera.add("chair", 1)
    await ann.add("lamp", 2)
    await follow(settings, AccountChange(), AccountChange(merge=("visitors/vera", "users/ann")))
    cart = await ann.cart()
    assert {item.product: item.quantity for item in cart.items} == {"products/lamp": 3, "products/chair": 1}
    assert [order.name for order in await ann.orders()] == [bought.name.replace("visitors/vera", "users/ann")]
    assert (await vera.orders(), len((await vera.cart()).items)) == ([], 0)
    assert reason(await vera.refused("AddCartItem", vera.adding())) == "CART_CLOSED"
    request.parent = "users/ann"  # who sends it again, for not having heard the answer
    assert await ann.call("Checkout", request) == (await ann.orders())[0]
    assert (await ann.buy()).total_quantity == 4


async def test_an_answer_that_is_lost_while_the_buyer_logs_in(
    client: Client, shopper: NewShopper, settings: CatalogSettings
) -> None:
    """The declined payment's items go into the cart that the buyer has by then."""
    await sell(client)
    vera, ann = shopper("visitors/vera"), shopper("users/ann")
    await vera.add("lamp", 2)
    buying = asyncio.create_task(vera.buy("test-lost-answer-declined"))
    async with asyncio.timeout(10):
        while await stock(client) == 5:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await follow(settings, AccountChange(merge=("visitors/vera", "users/ann")))
    await buying
    async with asyncio.timeout(10):
        while not (await ann.cart()).items:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert (await ann.cart()).total_quantity == 2
    assert await stock(client) == 5


async def bought_and_reviewed(client: Client, person: Shopper) -> list[str]:
    """Two orders of the person's, one on its way, and a review; their ids."""
    orders = []
    for _ in range(2):
        await person.add("lamp", 2)
        orders.append(await person.buy())
    await client.call("ShipOrder", orders_pb.ShipOrderRequest(name=orders[0].name))
    review = {"rating": 1, "text": "My street is Long Lane."}
    # With an id, so that its answer is kept for a while.
    fields = {"parent": "products/lamp", "review": review, "request_id": str(uuid.uuid4())}
    await person.call("CreateReview", reviews_pb.CreateReviewRequest(**fields))
    await person.add("lamp")
    return [order.name.rpartition("/")[2] for order in orders]


async def test_who_is_erased_leaves_no_name(client: Client, shopper: NewShopper, settings: CatalogSettings) -> None:
    await sell(client, stock=9)
    ann, bob = shopper("users/ann"), shopper("users/bob")
    await bought_and_reviewed(client, bob)
    shipped, paid = await bought_and_reviewed(client, ann)
    assert (await rating(client), await stock(client)) == ((1, 2), 1)
    await follow(settings, AccountChange(erased="users/ann"))
    assert (await rating(client), await stock(client)) == ((1, 1), 3)
    assert (await ann.orders(), len((await ann.cart()).items)) == ([], 0)
    assert reason(await ann.refused("AddCartItem", ann.adding())) == "CART_CLOSED"
    kept = await client.call("ListShopOrders", orders_pb.ListShopOrdersRequest())
    left = {order.name.rpartition("/")[2]: order for order in kept.orders}
    assert (left[shipped].total.units, left[shipped].HasField("shipping_address")) == (20, False)
    assert left[shipped].name.startswith("visitors/erased-")
    assert (left[paid].State.Name(left[paid].state), len(left)) == ("STATE_CANCELLED", 4)
    for table in ("orders", "outbox", "reviews", "cart_items", "replays"):
        found = await rows(settings, f"SELECT 1 FROM {table} AS t WHERE t::text LIKE '%users/ann%'")
        assert found == [], table
    assert len(await bob.orders()) == 2


class Recommender:
    """Takes events when it is there, and refuses one product's."""

    def __init__(self) -> None:
        self.there = False
        self.taken: list[ShopperEvent] = []

    async def tell(self, events: Sequence[ShopperEvent]) -> list[tuple[int, str]]:
        if not self.there:
            raise ConnectionError
        refused = [(index, "no") for index, event in enumerate(events) if event.product_id == "chair"]
        self.taken += [event for event in events if event.product_id != "chair"]
        return refused


async def test_the_recommender_is_told_of_purchases_once(
    client: Client, shopper: NewShopper, settings: CatalogSettings
) -> None:
    for name in ("lamp", "chair"):
        await sell(client, name)
    ann = shopper()
    await ann.add("lamp", 2, attribution_token="shown by home")
    await ann.add("chair")
    order = await ann.buy()
    await ann.add("lamp")
    await ann.refused("Checkout", ann.buying("test-declined"))
    engine, recommender = database.engine(settings.database_url), Recommender()
    teller = Teller(SqlDatabase(engine), recommender, 0.05)
    working = asyncio.create_task(teller.run())
    await asyncio.sleep(0.1)
    assert await rows(settings, "SELECT count(*) FROM outbox") == [(2,)]
    recommender.there = True
    async with asyncio.timeout(10):
        while await rows(settings, "SELECT 1 FROM outbox"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    working.cancel()
    await engine.dispose()
    (event,) = recommender.taken
    assert (event.id, event.shopper, event.product_id) == (
        f"order-{order.name.rpartition('/')[2]}-0",
        ann.subject,
        "lamp",
    )
    assert (event.kind.name, event.quantity, event.attribution_token) == ("PURCHASE", 2, "shown by home")
    assert event.order_id == order.name.rpartition("/")[2]
