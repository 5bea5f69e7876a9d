"""One filter language, three evaluations."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kit.errors import InvalidArgument
from services.kit.filters import Comparison, FieldType, fields, matches, parse, to_milvus

SCHEMA = {
    "title": FieldType.TEXT,
    "category": FieldType.PATH,
    "price": FieldType.NUMBER,
    "in_stock": FieldType.BOOLEAN,
    "create_time": FieldType.TIME,
    "attributes.*": FieldType.TEXT,
}
LAMP = {
    "title": 'Lamp "Nord"',
    "category": ["home", "lamps"],
    "price": 49.5,
    "in_stock": True,
    "create_time": 1_700_000_000.0,
    "attributes.colour": "Navy Blue",
}


def parsed(text: str) -> Any:
    expression = parse(text, SCHEMA)
    assert expression is not None
    return expression


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('title:"lamp"', True),
        ("title:sofa", False),
        (r'title = "Lamp \"Nord\""', True),
        ('category = "home"', True),
        ("category = lamps AND price < 50", True),
        ("category != home", False),
        ("price >= 49.5 AND price <= 49.5", True),
        ("price < 10 OR in_stock = true", True),
        ("NOT in_stock = true", False),
        ("-price > 10", False),
        ("(price < 10 OR price > 40) AND NOT (category = sofas)", True),
        ("price < 10 OR price > 40 AND in_stock = false", False),
        ('attributes.colour = "Navy Blue"', True),
        ("attributes.size = 42", False),
        ("attributes.size != 42", True),
        ("create_time > 2023-01-01T00:00:00Z", True),
        ("create_time > 2024-01-01", False),
    ],
)
def test_records_match(text: str, expected: bool) -> None:
    assert matches(parsed(text), LAMP) is expected


def test_an_empty_filter_keeps_everything() -> None:
    assert parse("  ", SCHEMA) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("colour = red", "knows no field colour"),
        ("price = cheap", "needs a number"),
        ("in_stock = 3", "needs true or false"),
        ("in_stock < true", "cannot be compared"),
        ("price <", "cannot be read at its end"),
        ("red", "cannot be read at its end; it is made of comparisons such as"),
        ("price < 3 price", "near 'price'"),
        ("price < 3 price", "cannot be read"),
        ("create_time > soon", "needs a time"),
        ("(" * 100 + "price < 3" + ")" * 100, "nests too deeply"),
        ("title = 'x' ; DROP TABLE", "cannot be read"),
        ("AND", "cannot be read"),
    ],
)
def test_bad_filters_say_where(text: str, says: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse(text, SCHEMA)
    assert caught.value.violations[0][0] == "filter"
    assert says in caught.value.violations[0][1]


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_a_filter_or_an_invalid_argument(text: str) -> None:
    try:
        parse(text, SCHEMA)
    except InvalidArgument:
        pass


@settings(deadline=None)
@given(st.text(min_size=0, max_size=30))
def test_any_value_survives_quoting(value: str) -> None:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    expression = parsed(f'title = "{quoted}"')
    assert expression == Comparison("title", "=", value, FieldType.TEXT)


def test_milvus_expressions() -> None:
    expression = parsed(r'category = "a\"b" AND (price < 5 OR NOT in_stock = true) AND create_time >= 1700000000')
    assert to_milvus(expression) == (
        r'(array_contains(category, "a\"b")) and ((price < 5.0) or (not (in_stock == true))) '
        "and (create_time >= 1700000000)"
    )
    assert set(fields(expression)) == {"category", "price", "in_stock", "create_time"}
    assert to_milvus(parsed("category != x"), {"category": "category_ids"}) == 'not (array_contains(category_ids, "x"))'
