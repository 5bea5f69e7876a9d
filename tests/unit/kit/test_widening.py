"""The index's filter lets everything through that the real one does."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.kit.filters import And, Comparison, Expr, FieldType, Indexed, Not, Or, matches

INDEXED = Indexed({"price", "create_time", "brand", "category"}, {"price"})
wider = INDEXED.wider
ORDERS = ["=", "!=", "<", "<=", ">", ">="]
NUMBERS = st.sampled_from([-1.0, 0.0, 1.0, 2.0])
TIMES = st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0])
COMPARISONS = st.one_of(
    st.builds(Comparison, st.just("price"), st.sampled_from(ORDERS), NUMBERS, st.just(FieldType.NUMBER)),
    st.builds(Comparison, st.just("create_time"), st.sampled_from(ORDERS), TIMES, st.just(FieldType.TIME)),
    st.builds(Comparison, st.just("brand"), st.sampled_from([*ORDERS, ":"]), st.just("b"), st.just(FieldType.TEXT)),
    st.builds(Comparison, st.just("title"), st.sampled_from([*ORDERS, ":"]), st.just("b"), st.just(FieldType.TEXT)),
    st.builds(
        Comparison, st.just("category"), st.sampled_from(["=", "!=", ":"]), st.just("c"), st.just(FieldType.PATH)
    ),
)
FILTERS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.tuples(inner, inner)),
        st.builds(Or, st.tuples(inner, inner)),
    ),
    max_leaves=6,
)
PRODUCTS = st.fixed_dictionaries(
    {
        "price": st.one_of(st.none(), NUMBERS),
        "create_time": TIMES,
        "brand": st.sampled_from(["", "a", "B", "bb"]),
        "title": st.sampled_from(["", "a", "B", "bb"]),
        "category": st.sampled_from([[], ["c"], ["d", "c"], ["d"]]),
    }
)


def as_indexed(product: dict[str, Any]) -> dict[str, Any]:
    """What the index holds of a product."""
    held = {**product, "price": product["price"] or 0.0, "create_time": float(int(product["create_time"]))}
    del held["title"]
    return held


@settings(deadline=None)
@given(FILTERS, PRODUCTS)
def test_no_product_that_passes_the_filter_fails_the_wider_one(expression: Expr, product: dict[str, Any]) -> None:
    relaxed = wider(expression)
    if matches(expression, product) and relaxed is not None:
        assert matches(relaxed, as_indexed(product))


def test_what_the_index_decides_exactly_stays_as_it_is() -> None:
    cheap = Comparison("price", "<", 50.0, FieldType.NUMBER)
    shoes = Comparison("category", "=", "shoes", FieldType.PATH)
    part = Comparison("brand", ":", "nor", FieldType.TEXT)
    red = Comparison("attributes.colour", "=", "Red", FieldType.TEXT)
    assert wider(And((cheap, Not(shoes)))) == And((cheap, Not(shoes)))
    assert wider(And((cheap, part))) == cheap
    assert wider(Or((cheap, part))) is None
    assert wider(And((cheap, red))) == cheap
    assert wider(Not(red)) is None
    assert wider(None) is None
