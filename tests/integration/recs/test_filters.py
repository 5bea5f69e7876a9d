"""A thousand random filters against Milvus and the catalogue: each page is held to a look at every product."""

import asyncio
import random

import pytest
from aisle.catalog.v1 import product_service_pb2 as pb
from aisle.catalog.v1.product_pb2 import Product
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money

from services.kit.filters import matches
from services.recs.use_cases import retrievers
from services.recs.use_cases.products import product_id, record
from services.recs.use_cases.scenario_book import parse
from tests.integration.recs.conftest import PATIENT, Metadata, Recs, until
from tests.support.filters import Vocabulary, random_filter

CALLERS, PRODUCTS = 4, 150
COLOURS = ("Red", "Navy Blue", "Teal")
BRANDS = ("Norr", "Vale", "O'Hara")
START = 1_700_000_000
WORDS = Vocabulary(
    ("apparel", "shoes", "shirts"),
    BRANDS,
    (0, 5, 19.5, 40, 60),
    ("2023-11-14T22:13:20Z", "2023-11-14T22:15:20.5Z"),
    COLOURS,
)


@pytest.fixture
def budgets() -> dict[str, float]:
    """A page without one of the parts would be another test's."""
    return PATIENT


def a_product(i: int, chance: random.Random) -> Product:
    """With something to filter by in every field."""
    price = chance.choice((None, *range(1, 70)))
    return Product(
        name=f"products/p{i}",
        title=f"Thing {i}",
        category=f"categories/{chance.choice(('apparel', 'shoes', 'shirts'))}",
        brand=chance.choice((*BRANDS, "")),
        price=None if price is None else Money(currency_code=chance.choice(("EUR", "SEK")), units=price),
        attributes=chance.choice(({}, *({"colour": colour} for colour in COLOURS))),
        stock_quantity=chance.choice((0, 3, 3, 3, 3, 3)),
        age_limit=chance.choice((0,) * 9 + (18,)),
        regions=chance.choice(([],) * 6 + (["SE"],)),
    )


async def stock(recs: Recs) -> dict[str, Product]:
    """Imports the products; returns them as the catalogue has them."""
    chance = random.Random(5)
    rows = [
        pb.ImportProductsRequest.Row(
            product=a_product(i, chance),
            create_time=Timestamp(seconds=START + chance.randrange(240), nanos=chance.choice((0, 500_000_000))),
        )
        for i in range(PRODUCTS)
    ]
    await recs.shop._products.ImportProducts(pb.ImportProductsRequest(rows=rows), metadata=recs.admin)
    names = [f"products/p{i}" for i in range(PRODUCTS)]
    reply = await recs.shop._products.BatchGetProducts(pb.BatchGetProductsRequest(names=names))
    return {product_id(found.name): found for found in reply.products}


def fitting(products: dict[str, Product], text: str, region: str, age: int, out: set[str]) -> set[str]:
    """Those that may be shown."""
    where = parse(text)
    assert where is not None
    return {
        item
        for item, found in products.items()
        if found.in_stock
        and found.age_limit <= age
        and (not region or not found.regions or region in found.regions)
        and matches(where, record(found))
    } - out


@pytest.mark.parametrize(("filters", "most"), [(1000, retrievers.MOST), (150, 16)])
async def test_a_page_holds_k_whenever_k_exist(
    recs: Recs, filters: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`most` results are what the index gives at most: 16 in this shop are as few as 16,384 in one of 150,000."""
    products = await stock(recs)
    await recs.release()
    await recs.start_worker()
    _, who, _ = await recs.visitor()
    seen, bought, disliked = list(products)[:3]
    await recs.did(who, "VIEW", seen)
    await recs.did(who, "PURCHASE", bought)
    await recs.did(who, "DISLIKE", disliked)

    async def indexed() -> bool:
        reply = await recs.recommend(who, page_size=100)
        kinds = {result.explanation.retriever for result in reply.results}
        known = bought not in {result.product for result in reply.results}
        return not reply.degraded and kinds == {"two_tower"} and known

    await until(indexed, 20, "the index to be filled")
    monkeypatch.setattr(retrievers, "MOST", most)
    waiting = iter(range(filters))

    async def ask(number: int, caller: Metadata) -> bool:
        chance = random.Random(number)
        text, size = random_filter(WORDS, chance), chance.choice((3, 10, 30))
        region, age = chance.choice(("", "SE", "DE")), chance.choice((0, 30))
        scenario = chance.choice(("home", "product", "cart", "email"))
        context = {"context_product": f"products/{seen}"} if scenario == "product" else {}
        reply = await recs.recommend(caller, scenario, page_size=size, filter=text, region=region, age=age, **context)
        shown = [product_id(result.product) for result in reply.results]
        out = ({bought, disliked} if caller else set()) | ({seen} if context else set())
        wanted = fitting(products, text, region, age, out)
        assert not reply.degraded, (text, reply.degraded)
        assert len(shown) == len(set(shown)) == min(size, len(wanted)), (scenario, size, text)
        assert set(shown) <= wanted, (scenario, text)
        return len(shown) == size

    async def caller(identity: Metadata) -> list[bool]:
        return [await ask(number, identity) for number in waiting]

    callers = await asyncio.gather(*(caller(who if i % 4 else ()) for i in range(CALLERS)))
    full = [one for found in callers for one in found]
    assert len(full) == filters
    assert 0.2 < sum(full) / filters < 0.95  # both kinds were there
