"""Products, categories, reviews and money, without anything around them."""

import doctest
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from types import ModuleType

import pytest

from services.catalog.domain import category, money, picture
from services.catalog.domain.category import id_of_path, path_problem
from services.catalog.domain.money import Money
from services.catalog.domain.product import (
    NOT_REMEMBERED,
    ImportedProduct,
    Product,
    ProductDetails,
    problems,
    stock_problem,
)
from services.catalog.domain.review import Review
from services.catalog.servicer import listing

NOW = datetime(2024, 1, 1, tzinfo=UTC)
EUR = Money("EUR", Decimal("9.99"))


@pytest.mark.parametrize("module", [category, money, picture, listing])
def test_the_examples_hold(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert (result.failed, result.attempted > 0) == (0, True)


@pytest.mark.parametrize(
    ("currency", "units", "nanos", "good"),
    [("EUR", 0, 0, True), ("EU", 1, 0, False), ("EUR", -1, 0, False), ("EUR", 1, -1, False), ("EUR", 1, 10**9, False)],
)
def test_money_says_what_is_wrong(currency: str, units: int, nanos: int, good: bool) -> None:
    assert (money.wrong(currency, units, nanos) is None) == good


@pytest.mark.parametrize(("units", "nanos"), [(0, 1), (19, 990_000_000), (2**63 - 1, 999_999_999)])
def test_money_loses_nothing(units: int, nanos: int) -> None:
    there = Money.of("EUR", units, nanos)
    assert (there.units, there.nanos) == (units, nanos)


@pytest.mark.parametrize(
    ("details", "fields"),
    [
        (ProductDetails("Lamp", price=EUR, list_price=EUR), []),
        (ProductDetails(" "), ["title"]),
        (ProductDetails("Lamp", list_price=EUR), ["list_price"]),
        (ProductDetails("", price=EUR, list_price=replace(EUR, currency="USD")), ["title", "list_price"]),
    ],
)
def test_details_say_what_is_wrong(details: ProductDetails, fields: list[str]) -> None:
    assert [field for field, _ in problems(details)] == fields


def test_stock_has_two_ends() -> None:
    assert [stock_problem(quantity) is None for quantity in (-1, 0, 10**9, 10**9 + 1)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({}, True),
        ({"create_time": NOW}, True),
        ({"create_time": NOW.replace(year=2023)}, False),
        ({"stock_quantity": 4}, False),
        ({"stock_quantity": 3}, False),
        ({"stock_quantity": 4, "keep_stock": True}, True),
        ({"details": ProductDetails("Lamp", price=Money("EUR", Decimal("9.990000000")))}, True),
        ({"details": ProductDetails("Lamp", price=Money("EUR", Decimal("9.991")))}, False),
    ],
)
def test_a_row_knows_whether_it_changes_anything(changed: dict[str, object], same: bool) -> None:
    # Two of the five that the last import brought are sold.
    product = Product("lamp", ProductDetails("Lamp", price=EUR), 3, NOW, NOW, version=17, imported_stock=5)
    row = ImportedProduct(0, "lamp", product.details, 5)
    assert replace(row, **changed).same_as(product) == same  # type: ignore[arg-type]
    assert product.etag == "11"


def test_stock_of_before_imports_were_remembered_stays() -> None:
    product = Product("lamp", ProductDetails("Lamp"), 3, NOW, NOW, version=17, imported_stock=NOT_REMEMBERED)
    row = ImportedProduct(0, "lamp", product.details, 5)
    assert row.stock_after(product) == (3, 5)
    assert not row.same_as(product), "the next import has to know"
    assert replace(row, keep_stock=True).same_as(product)


def test_a_review_without_a_time_is_the_same_at_any_time() -> None:
    old = Review("lamp", "r", "users/u", "Ann", 4, "Good", "Bends.", NOW)
    assert replace(old, create_time=None).same_as(old)
    assert not replace(old, create_time=NOW.replace(year=2023)).same_as(old)
    assert not replace(old, rating=5).same_as(old)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (["Home & Kitchen", "Lamps"], "home-kitchen.lamps"),
        (["Möbel", "Stühle"], "mobel.stuhle"),
        (["Men's"], "mens"),
        (["...", "x"], "ab5df6.x"),
    ],
)
def test_an_id_can_be_read(path: list[str], expected: str) -> None:
    assert id_of_path(path, ()) == expected


def test_an_id_is_never_too_long_and_never_another_paths() -> None:
    long = ["x" * 200, "y" * 200]
    assert len(id_of_path(long, ())) <= 256
    assert len({id_of_path([*long, end], ()) for end in "abc"}) == 3
    assert id_of_path(["\N{GRINNING FACE}"], ()) != id_of_path(["\N{WINKING FACE}"], ())


def test_a_path_is_at_most_eight_names() -> None:
    assert path_problem(["x"] * 8) is None
    assert path_problem(["x"] * 9)
    assert path_problem(["x", ""])
