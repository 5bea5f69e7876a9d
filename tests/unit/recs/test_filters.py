"""Whatever the filter, the page holds k products that pass it whenever there are k: held to a look at each of them."""

import random

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from services.kit.filters import matches
from services.recs.domain.events import Kind
from services.recs.domain.scenarios import Action, Diversity, RetrieverName, Rule
from services.recs.ports import Statistic
from services.recs.use_cases.products import record
from services.recs.use_cases.scenario_book import parse
from tests.support.filters import Vocabulary, random_filter
from tests.unit.recs.shop import Shop, ask, counted, ids, product, scenario

R = RetrieverName
COLOURS = ("Red", "Navy Blue", "Teal")
CATEGORIES, BRANDS = ("apparel", "shoes", "shirts", "bags"), ("Norr", "Vale", "", "O'Hara")
WORDS = Vocabulary(
    CATEGORIES,
    BRANDS[:2] + BRANDS[3:],
    (0, 5, 19.5, 40, 60),
    ("1970-01-01T00:00:00Z", "1970-01-01T00:02:00.5Z"),
    COLOURS,
)
SCENARIOS = (
    scenario(R.TWO_TOWER),
    scenario(R.SIMILAR, R.TRENDING),
    scenario(R.POPULAR, R.NEW_ARRIVALS, diversity=Diversity(max_per_category=2, mmr=0.3)),
    scenario(
        R.BOUGHT_TOGETHER,
        R.TWO_TOWER,
        rules=(Rule("x", Action.BOOST, filter="price < 20"), Rule("y", Action.PIN, ("p9",))),
    ),
)
FILTERS = 400
"""Over parts in memory; tests/integration/recs asks a thousand of the real ones."""


def a_shop() -> Shop:
    chance = random.Random(3)
    products = [
        product(
            f"p{i}",
            chance.choice(CATEGORIES[1:]),
            chance.choice(BRANDS),
            price=chance.choice((None, *range(1, 70))),
            in_stock=chance.random() < 0.85,
            rating=chance.choice((0.0, 3.0, 4.5)),
            age_limit=18 * (chance.random() < 0.1),
            attributes=chance.choice(({}, *({"colour": colour} for colour in COLOURS))),
            regions=["SE"] if chance.random() < 0.15 else [],
            create_time=Timestamp(seconds=chance.randrange(240), nanos=chance.choice((0, 500_000_000))),
        )
        for i in range(150)
    ]
    shop = Shop(products)
    shop.popular = tuple(f"p{i}" for i in range(0, 150, 3))
    shop.statistics = [
        counted(Statistic.BOUGHT_WITH, "p1", *(f"p{i}" for i in range(5, 20))),
        counted(Statistic.RANKING, "trending", *(f"p{i}" for i in range(50, 80))),
        counted(Statistic.RANKING, "category/bags", "p4", "p44"),
    ]
    shop.saw("p1", "p2")
    shop.saw("p3", "p33", kind=Kind.PURCHASE)
    shop.saw("p4", kind=Kind.DISLIKE)
    return shop


@pytest.mark.parametrize("which", range(len(SCENARIOS)))
async def test_a_page_holds_k_whenever_k_exist(which: int) -> None:
    shop, chance = a_shop(), random.Random(which)
    recommend = await shop.build()
    full = 0
    for _ in range(FILTERS // len(SCENARIOS)):
        text, region, age = random_filter(WORDS, chance), chance.choice(("", "SE", "DE")), chance.choice((0, 30))
        where = parse(text)
        assert where is not None
        fitting = {
            item
            for item, found in shop.products.items()
            if matches(where, record(found))
            and found.in_stock
            and found.age_limit <= age
            and (not region or not found.regions or region in found.regions)
        } - {"p1", "p3", "p4", "p33"}
        size = chance.choice((3, 10, 30))
        asked = ask(SCENARIOS[which], size, text, context_product="p1", region=region, age=age)
        shown = ids(await recommend(asked))
        assert len(shown) == len(set(shown)) == min(size, len(fitting)), text
        assert set(shown) <= fitting, text
        full += len(shown) == size
    assert 0.3 < full / (FILTERS / len(SCENARIOS)) < 0.95  # both kinds were there
