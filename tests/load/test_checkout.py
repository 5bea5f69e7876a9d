"""No order is lost, doubled or oversold: under one request_id, under more buyers than units, and under kill -9."""

import asyncio
import os
import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from aisle.catalog.v1.order_pb2 import Order

from tests.load.buyers import Answered, Buyers
from tests.load.shop import Shop, running_shop

SEED = int(os.environ.get("AISLE_LOAD_SEED", "5"))
HIT_S = 60.0
"""Within which something that can be killed is up."""


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    callers: int
    """With one request_id."""
    stock: int
    buyers: int
    rounds: int
    checkouts: int
    kills: int
    at_once: int = 12
    """Buyers who check out at a time while things are killed."""


SMALL = Size(callers=100, stock=8, buyers=60, rounds=2, checkouts=60, kills=3)
FULL = Size(callers=1000, stock=100, buyers=1000, rounds=20, checkouts=5000, kills=100)


async def test_commerce_holds(tmp_path: Path) -> None:
    """In one shop, since starting one takes longer than all of it."""
    async with running_shop(tmp_path) as shop:
        buyers = Buyers(shop)
        await one_request_id(buyers, SMALL)
        await more_buyers_than_units(buyers, SMALL)
        await killed(buyers, SMALL)


@pytest.mark.bench
@pytest.mark.parametrize("part", ["one_request_id", "more_buyers_than_units", "killed"])
async def test_commerce_holds_in_full(tmp_path: Path, part: str) -> None:
    async with running_shop(tmp_path) as shop:
        await globals()[part](Buyers(shop), FULL)


async def one_request_id(buyers: Buyers, size: Size) -> None:
    """As many callers at once with one request_id: one order, identical answers."""
    await buyers.sell("one", 10, 1000)
    await buyers.add("users/one", "one", 3)
    request = buyers.buying("users/one", "test-approved")
    began = time.monotonic()
    answers = await asyncio.gather(*(buyers.check_out(request) for _ in range(size.callers)))
    distinct = {answer.order.SerializeToString(deterministic=True) for answer in answers if answer.order}
    orders = await buyers.shop.number("SELECT count(*) FROM orders WHERE owner = 'users/one'")
    said(f"{len(answers)} checkouts with one request_id in {time.monotonic() - began:.1f} s: {orders} order(s)")
    assert (len(answers), len(distinct), orders) == (size.callers, 1, 1)
    assert all(answer.order for answer in answers)
    assert await buyers.stock("one") == 997


async def more_buyers_than_units(buyers: Buyers, size: Size) -> None:
    """Every unit is sold once, and no look at the stock ever finds less than nothing."""
    await buyers.sell("hot", 10, 0)
    people = [f"users/hot{number}" for number in range(size.buyers)]
    empty, began, looks = people, time.monotonic(), Counter[int]()
    reader = asyncio.create_task(_look(buyers, looks))
    for round_ in range(size.rounds):
        await buyers.restock("hot", size.stock)
        await asyncio.gather(*(buyers.add(person, "hot") for person in empty))
        wishes = [buyers.buying(person, "test-approved") for person in people]
        answers = await asyncio.gather(*map(buyers.check_out, wishes))
        empty = [answer.request.parent for answer in answers if answer.order]
        reasons = Counter(answer.reason for answer in answers)
        assert reasons == {"": size.stock, "CART_CHANGED": len(people) - size.stock}
        assert await buyers.stock("hot") == 0, round_
    assert not reader.done(), reader  # it would have looked at nothing since
    reader.cancel()
    await settled(buyers.shop)  # a busy machine's payment may come late
    sold = await buyers.shop.number(
        "SELECT sum(quantity) FROM order_lines JOIN orders ON id = order_id WHERE product_id = 'hot' AND state = 2"
    )
    took = time.monotonic() - began
    said(
        f"{size.rounds} rounds of {size.buyers} buyers for {size.stock} units in {took:.0f} s: {sold} sold; "
        f"{sum(looks.values())} looks at the stock, the lowest {min(looks)}"
    )
    assert sold == size.stock * size.rounds
    assert min(looks) >= 0


async def _look(buyers: Buyers, looks: Counter[int]) -> None:
    while True:
        looks[await buyers.stock("hot")] += 1
        looks[await buyers.shop.number("SELECT stock_quantity FROM products WHERE id = 'hot'")] += 1
        await asyncio.sleep(0.02)


async def killed(buyers: Buyers, size: Size) -> None:
    """Checkouts while services and PostgreSQL are killed: what was answered holds, and everything adds up."""
    shop, dice = buyers.shop, random.Random(SEED)
    products = {f"p{number}": 10_000 for number in range(20)}
    for product, stock in products.items():
        await buyers.sell(product, 7, stock)
    answered: list[Answered] = []
    began = time.monotonic()
    buyers.again.clear()
    queue = iter(range(size.checkouts))

    async def work() -> None:
        for number in queue:
            buyer = f"users/k{number}"
            chosen = dice.sample(list(products), dice.randint(1, 3))
            for product in chosen:
                await buyers.add(buyer, product, 2)
            token = dice.choices(["test-approved", "test-declined", "test-lost-answer"], [85, 10, 5])[0]
            answer = await buyers.check_out(buyers.buying(buyer, token))
            answer.units = 2 * len(chosen)
            answered.append(answer)

    victims = Counter[str]()
    buying = asyncio.gather(*(work() for _ in range(size.at_once)))
    for number, victim in enumerate(chosen_victims(size.kills, dice)):
        # Spread over the checkouts, at a moment that nobody chose.
        moment = size.checkouts * (number + dice.random()) / size.kills
        while len(answered) < moment and not buying.done():  # noqa: ASYNC110 - thousands of buyers count here
            await asyncio.sleep(0.01)
        async with asyncio.timeout(HIT_S):
            while not kill(shop, victim, dice):  # noqa: ASYNC110 - what was killed before is not up again yet
                await asyncio.sleep(0.01)
        victims[victim] += 1
    await buying
    await settled(shop)
    took = time.monotonic() - began
    said(f"{len(answered)} checkouts with {victims.total()} kills in {took:.0f} s: {dict(victims)}")
    said(f"calls sent again: {dict(buyers.again)}")
    assert len(answered) == size.checkouts
    await adds_up(buyers, answered, products)


def chosen_victims(kills: int, dice: random.Random) -> list[str]:
    """Replicas, PostgreSQL, and single sessions, whose death makes it throw out all others: each at least once."""
    kinds = ["service", "postgres", "session"]
    chosen = kinds + dice.choices(kinds, [50, 35, 15], k=kills - len(kinds))
    dice.shuffle(chosen)
    return chosen


def kill(shop: Shop, victim: str, dice: random.Random) -> bool:
    """Kills one; whether there was one to kill."""
    if victim == "service":
        return dice.choice(shop.replicas).kill()
    if victim == "postgres":
        return shop.database.kill()
    return shop.database.kill_child(dice.randrange(1000))


async def settled(shop: Shop) -> None:
    """Waits until it is known what became of every payment."""
    async with asyncio.timeout(120):
        while True:
            try:
                if not await shop.number("SELECT count(*) FROM orders WHERE state = 1 OR due_time IS NOT NULL"):
                    return
            except OSError:
                pass
            except Exception as error:
                if "asyncpg" not in type(error).__module__:
                    raise
            await asyncio.sleep(0.2)


async def adds_up(buyers: Buyers, answered: list[Answered], products: dict[str, int]) -> None:
    """Orders, stock, money and events tell the same story, which is the one that the buyers were told."""
    shop = buyers.shop
    orders = {row["id"]: row for row in await shop.query("SELECT * FROM orders WHERE owner LIKE 'users/k%'")}
    by_owner = Counter(row["owner"] for row in orders.values())
    assert set(by_owner.values()) == {1}, "somebody's checkout made two orders"
    told = [answer for answer in answered if answer.order]
    for answer in told:
        assert answer.order is not None
        kept = orders[answer.order.name.rpartition("/")[2]]
        assert kept["owner"] == answer.request.parent
        assert kept["state"] == Order.STATE_PAID
        assert answer.order.total_quantity == answer.units, "a cart held more or less than was put in"
    declined = [answer for answer in answered if not answer.order]
    assert {answer.reason for answer in declined} == {"PAYMENT_DECLINED"}
    assert all(answer.request.payment_token == "test-declined" for answer in declined)
    assert len(orders) == len(answered)

    sold = {row[0]: row[1] for row in await shop.query(
        "SELECT product_id, sum(quantity)::int FROM order_lines JOIN orders ON id = order_id "
        "WHERE state = 2 GROUP BY product_id"
    )}  # fmt: skip
    stock = {row[0]: row[1] for row in await shop.query("SELECT id, stock_quantity FROM products")}
    assert {product: stock[product] + sold.get(product, 0) for product in products} == products

    taken = {row["key"]: int(row["amount"]) for row in await shop.query("SELECT * FROM test_payments WHERE approved")}
    owed = {row["id"]: int(row["total"]) for row in await shop.query("SELECT * FROM orders WHERE state = 2")}
    assert taken == owed
    events = [row["event_id"] for row in await shop.query("SELECT event_id FROM outbox")]
    lines = await shop.number("SELECT count(*) FROM order_lines JOIN orders ON id = order_id WHERE state = 2")
    assert len(events) == len(set(events)) == lines
    again = random.Random(SEED).sample(told, min(50, len(told)))
    for answer in again:
        repeated = (await buyers.check_out(answer.request)).order
        pending = answer.order is not None and answer.order.state == Order.STATE_PAYMENT_PENDING
        assert repeated == answer.order or pending
    said(f"{len(told)} orders, {len(declined)} declined; stock + sold, money and events add up")


def said(sentence: str) -> None:
    """Tells who watches what was measured."""
    print(f"\n  {sentence}", flush=True)
