"""The table: filters with the meaning of the kit's, facets, order, pages, fusion."""

import numpy as np
import pytest
from aisle.catalog.v1.product_pb2 import Product
from google.type.money_pb2 import Money
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kit import filters
from services.kit.errors import InvalidArgument
from services.kit.filters import matches
from services.search.adapters.lexical import TantivyIndex
from services.search.adapters.vocabulary import Vocabulary
from services.search.domain.query import Query
from services.search.use_cases import facets, ordering, position
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.filtering import mask
from services.search.use_cases.fusion import Ranking, fuse, weighed
from services.search.use_cases.products import INDEXED, SCHEMA, price

PRICES = (None, 0, 5, 10, 10, 99)


def product(number: int) -> Product:
    made = Product(
        name=f"products/p{number}",
        title=f"Thing {number}",
        category_ids=["all", f"c{number % 3}"],
        category_path=["All", f"Category {number % 3}"],
        brand="Norr" if number % 2 else "",
        in_stock=number % 4 > 0,
        rating=number % 6,
        attributes={"colour": ("Red", "Navy Blue")[number % 2]} if number % 5 else {},
    )
    if (amount := PRICES[number % len(PRICES)]) is not None:
        made.price.CopyFrom(Money(currency_code="EUR", units=amount, nanos=500_000_000))
    made.create_time.seconds = 1000 + number
    return made


def table(count: int = 30) -> Catalogue:
    made = Catalogue(index := TantivyIndex(), Vocabulary(index.stem))
    for number in range(count):
        made.put(product(number))
    made.commit()
    return made


CATALOGUE = table()
COMPARISONS = st.sampled_from(
    [
        'category = "c1"', 'category != "c2"', 'category = "none"', "price < 10.5", "price != 10.5", "price >= 0",
        'currency = "EUR"', 'currency != "EUR"', 'brand = "Norr"', 'brand:"OR"', 'brand != ""', "in_stock = true",
        "in_stock != true", "rating >= 3", "create_time > 1970-01-01T00:16:50Z", 'attributes.colour = "Red"',
        'attributes.colour != "Red"', 'attributes.colour:"blue"', 'attributes.none != "x"', 'attributes.none = "x"',
        'id = "p3"', 'id > "p2"', 'title:"thing 1"', "update_time > 1999-01-01T00:00:00Z",
    ]
)  # fmt: skip
FILTERS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) AND ({pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) OR ({pair[1]})"),
        inner.map(lambda one: f"NOT ({one})"),
    ),
    max_leaves=4,
)


def record(number: int) -> dict[str, object]:
    made = product(number)
    return {
        "id": f"p{number}", "title": made.title, "category": list(made.category_ids), "brand": made.brand,
        "price": price(made), "currency": made.price.currency_code or None, "in_stock": made.in_stock,
        "rating": made.rating, "create_time": float(made.create_time.seconds), "update_time": 0.0,
        "attributes.colour": made.attributes.get("colour"), "attributes.none": None,
    }  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(FILTERS)
def test_a_filter_over_columns_means_what_it_means_over_a_product(text: str) -> None:
    where = filters.parse(text, SCHEMA)
    assert where is not None
    passes = mask(CATALOGUE, where)
    expected = {f"p{number}" for number in range(30) if matches(where, record(number))}
    assert {CATALOGUE.ids[row] for row in np.flatnonzero(passes)} == expected
    # What goes to the index as a filter lets nothing out that passes the real one.
    wider = INDEXED.wider(where)
    if wider is not None:
        assert expected <= {f"p{number}" for number in range(30) if matches(wider, record(number))}


def test_products_come_change_and_go() -> None:
    catalogue = table(5)
    changed = product(2)
    changed.title, changed.in_stock = "Lamp", True
    catalogue.put(changed)
    catalogue.remove("p1")
    catalogue.remove("nobody")
    catalogue.put(product(40))
    catalogue.commit()
    assert len(catalogue) == 5
    assert {catalogue.ids[row] for row in np.flatnonzero(mask(catalogue, None))} == {"p0", "p2", "p3", "p4", "p40"}
    assert catalogue.row("p1") is None
    catalogue.put(product(50))  # in the row of the one that went
    assert catalogue.size == 6


def test_what_could_not_be_made_findable_is_so_with_the_next_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = table(5)
    catalogue.put(Product(name="products/new", title="Teapot"))
    catalogue.remove("p1")
    with monkeypatch.context() as broken:
        broken.setattr(catalogue._index, "commit", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            catalogue.commit()
    catalogue.put(product(7))
    assert catalogue.size == 7, "the row of what went is still its own: the index holds its words"
    catalogue.commit()
    found = catalogue._index.having(["teapot"], Query(), 10)
    assert found.tolist() == [catalogue.row("new")]
    catalogue.put(product(8))
    assert catalogue.size == 7


def test_facets() -> None:
    rows = np.flatnonzero(mask(CATALOGUE, filters.parse('category = "c0"', SCHEMA)))
    counted = {name: facets.count(CATALOGUE, rows, name) for name in (*facets.PLAIN, "attributes.colour")}
    assert [(v.value, v.count, v.display_name) for v in counted["category"].values] == [
        ("all", 10, "All"),
        ("c0", 10, "Category 0"),
    ]
    assert [(v.value, v.count) for v in counted["brand"].values] == [("Norr", 5)]
    assert sum(v.count for v in counted["in_stock"].values) == 10
    assert {v.value for v in counted["attributes.colour"].values} == {"Red", "Navy Blue"}
    for value in counted["price"].values:
        low, _, high = value.value.partition("..")
        wanted = " AND ".join(filter(None, (f"price >= {low}" if low else "", f"price < {high}" if high else "")))
        passes = mask(CATALOGUE, filters.parse(f'category = "c0" AND {wanted}', SCHEMA))
        assert int(passes.sum()) == value.count, "a value can be filtered by"
    for wrong in (("size",), ("attributes.",), ("brand", "brand")):
        with pytest.raises(InvalidArgument):
            facets.check(wrong)


@pytest.mark.parametrize("size", [1, 3, 7, 100])
@pytest.mark.parametrize(("field", "descending"), [("price", False), ("price", True), ("create_time", True)])
def test_pages_hold_everything_once(size: int, field: str, descending: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(position, "REMEMBERED", 5)  # so that they go on by the last one's place in the order, too
    found = ordering.by_field(CATALOGUE, np.arange(30), field, descending)
    shown, after = list[str](), None
    while True:
        places = ordering.page(CATALOGUE, found, after, size)
        shown += (new := [CATALOGUE.ids[row] for row in found.rows[places]])
        if len(places) < size:
            break
        last = int(places[-1])
        end = float(found.tiers[last]), float(found.keys[last]), int(found.ties[last])
        made = position.following(after, new, *end)
        after = position.from_json(made.to_json())
    assert sorted(shown) == sorted(f"p{number}" for number in range(30))


@pytest.mark.parametrize(
    "values", [{}, {"h": "!", "n": 1, "t": 0, "k": 0}, {"h": "", "n": -1, "t": 0, "k": 0}, {"h": "", "n": 1, "t": 0}]
)
def test_a_position_that_is_none(values: dict[str, object]) -> None:
    with pytest.raises(InvalidArgument):
        position.from_json(values)


def test_rankings_are_trusted_differently_and_together_as_before() -> None:
    names = ("sentence", "clip", "relaxed", "unknown")
    made = weighed(
        [Ranking(name, np.array([1]), 1.0) for name in names], {"sentence": 0.5, "clip": 0.1, "relaxed": 0.4}
    )
    assert [ranking.name for ranking in made] == list(names)
    assert [ranking.weight for ranking in made] == pytest.approx([1.0, 0.2, 0.8, 2.0])
    assert weighed([], {}) == []


def test_fusion_keeps_tiers() -> None:
    lexical = np.array([4, 2, 7]), np.array([2000.5, 1000.9, 3.0], np.float32)
    near = Ranking("sentence", np.array([9, 7, 2]), 1.0)
    fused = fuse(12, lexical, 1.0, [near], tail=True)
    order = ordering.ordered(CATALOGUE, fused.rows, fused.tiers, fused.scores)
    assert order.rows.tolist() == [4, 2, 7, 9]
    assert fuse(12, lexical, 1.0, [near], tail=False).rows.tolist() == [2, 4, 7]
    equals = np.array([1, 2, 3]), np.array([1.0, 1.0, 1.0], np.float32)
    again = fuse(12, equals, 1.0, [Ranking("clip", np.array([3]), 1.0)], tail=False)
    assert ordering.ordered(CATALOGUE, again.rows, again.tiers, again.scores).rows[0] == 3, (
        "meaning decides among equals"
    )
