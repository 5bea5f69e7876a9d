"""What facets and totals say is what a filter then shows; a facet's own ticks hide none of its values."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from aisle.catalog.v1.product_pb2 import Product
from google.type.money_pb2 import Money

from services.kit import filters
from services.kit.filters import Expr
from services.search.adapters.lexical import TantivyIndex
from services.search.adapters.vocabulary import Vocabulary
from services.search.use_cases import facets, narrowing
from services.search.use_cases.asking import Ask, Found
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.filtering import mask
from services.search.use_cases.guards import Degradation
from services.search.use_cases.meaning import Guards, Meaning
from services.search.use_cases.products import SCHEMA
from services.search.use_cases.search import Search
from tests.unit.search.test_search import Recommender, guard, search_over
from tests.unit.search.test_weight import SPACES, Encoders

BRANDS, COLOURS, COUNT, SHIRTS = ("Norr", "Birk", "Wilma", "Elva"), ("Red", "Blue", "Green"), 400, 12
FACETS = ("brand", "attributes.colour", "price", "rating", "category", "in_stock")


def product(number: int) -> Product:
    path = [f"c{number % 2}", f"c{number % 2}-{number % 3}", f"c{number % 2}-{number % 3}-{number % 5}"]
    return Product(
        name=f"products/p-{number}",
        title=f"Navy shirt {number}" if number < SHIRTS else f"Thing {number}",
        brand=BRANDS[number % 4],
        attributes={"colour": COLOURS[number % 3]},
        category_ids=path,
        category_path=path,
        price=Money(currency_code="EUR", units=number % 50),
        rating=number % 5 + 0.5,
        in_stock=number % 7 > 0,
    )


@dataclass
class Index:
    """The lower a product's number the nearer it is, to whatever."""

    table: Catalogue
    asked: list[Expr | list[str] | None] = field(default_factory=list)

    async def search(self, _: str, __: Any, where: Expr | list[str] | None, limit: int) -> list[tuple[str, float]]:
        self.asked.append(where)
        passes = mask(self.table, None if isinstance(where, list) else where)
        ids = (self.table.ids[row] for row in np.flatnonzero(passes))
        kept = [item for item in ids if not isinstance(where, list) or item in where]
        return [(item, 0.9 - place / 1000) for place, item in enumerate(kept[:limit])]


@dataclass
class Shop:
    """A search with words and meaning, and what its index was asked."""

    search: Search
    index: Index

    async def ask(self, text: str, where: str = "", **fields: Any) -> Found:
        """A search."""
        read = filters.parse(where, SCHEMA)
        return await self.search(Ask(text, 20, where=read, filter_text=where, facets=FACETS, **fields))

    async def all(self, text: str, where: str = "", **fields: Any) -> list[str]:
        """What is found, page by page."""
        found = await self.ask(text, where, **fields)
        seen = [item.name for item, _ in found.results]
        while found.following is not None:
            found = await self.ask(text, where, after=found.following, **fields)
            seen += [item.name for item, _ in found.results]
        return seen


@pytest.fixture
async def shop() -> Shop:
    table = Catalogue(index := TantivyIndex(), Vocabulary(index.stem))
    for number in range(COUNT):
        table.put(product(number))
    table.commit()
    search, vectors, patient = await search_over(Recommender(), table), Index(table), guard(Degradation.INDEX)

    async def vector(*_: object) -> Any:
        return np.ones(2, np.float32)

    encoders: Any = Encoders()
    meaning: Any = Meaning(table, encoders, encoders, vectors, Guards(patient, patient), vector)  # type: ignore[arg-type]
    spec = SimpleNamespace(spaces={"clip": SPACES["clip"]}, pictures=SPACES["clip"])
    build = SimpleNamespace(number=1, collection=str, release=SimpleNamespace(number=1, spec=spec))
    search._meaning, search._active = meaning, SimpleNamespace(current=build)  # type: ignore[assignment]
    return Shop(search, vectors)


def filtered(name: str, value: str) -> str:
    """The filter that a value of a facet stands for."""
    if ".." not in value:
        return f"{name} = {value}" if name == "in_stock" else f'{name} = "{value}"'
    low, _, high = value.partition("..")
    return " AND ".join(filter(None, (f"{name} >= {low}" if low else "", f"{name} < {high}" if high else "")))


def counts(found: Found, name: str) -> dict[str, int]:
    facet = next(facet for facet in found.facets if facet.field == name)
    return {value.value: value.count for value in facet.values}


@pytest.mark.parametrize("text", ["navy shirt", "something to wear", "", "thing 3"])
@pytest.mark.parametrize(
    "already", ["", 'brand = "Norr"', "price < 40 AND attributes.colour = Red", 'price >= 48 AND brand = "Norr"']
)
async def test_a_facet_says_what_its_filter_then_shows(shop: Shop, text: str, already: str) -> None:
    before = await shop.ask(text, already)
    for name in FACETS:
        others = [part for part in already.split(" AND ") if part and not part.startswith(name)]
        for value, count in counts(before, name).items():
            found = await shop.ask(text, " AND ".join((*others, filtered(name, value))))
            assert found.total == count, (name, value)
            by_price = await shop.ask(text, " AND ".join((*others, filtered(name, value))), order=("price", False))
            assert by_price.total == count
            assert len(by_price.results) == min(20, count)


@pytest.mark.parametrize(("text", "total"), [("navy shirt", SHIRTS), ("something to wear", 60)])
async def test_what_lies_behind_what_is_found_is_shown_and_not_counted(shop: Shop, text: str, total: int) -> None:
    found = await shop.ask(text)
    assert found.total == total
    shown = await shop.all(text)
    assert len(shown) == 60
    narrowed = await shop.all(text, 'brand = "Norr"')
    count = counts(found, "brand")["Norr"]
    inside = {name for name in shown[:total] if int(name.split("-")[1]) % 4 == 0}
    assert set(narrowed[:count]) == inside, "what is counted comes first"
    assert len(narrowed) > count, "and the nearest of the brand come behind it"
    assert len(narrowed) == len(set(narrowed))


async def test_the_index_is_asked_again_only_where_a_filter_leaves_less_than_a_page(shop: Shop) -> None:
    await shop.ask("something to wear", "price < 40")
    assert shop.index.asked == [None]
    shop.index.asked.clear()
    await shop.ask("navy shirt", "price < 40")
    assert len(shop.index.asked) == 1
    assert shop.index.asked != [None], "behind the words comes what passes"
    shop.index.asked.clear()
    await shop.ask("something to wear", 'brand = "Norr"')
    assert len(shop.index.asked) == 2


async def test_where_nothing_found_passes_the_nearest_that_do_are_counted(shop: Shop) -> None:
    found = await shop.ask("navy shirt", "price >= 20")
    assert found.total == len(await shop.all("navy shirt", "price >= 20")) > 0
    assert sum(counts(found, "brand").values()) == found.total
    assert sum(counts(found, "price").values()) == SHIRTS, "the way back"


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [
        ("brand", "Norr", "price >= 9"),
        ("category", "c0-0-0", "price >= 9"),
        ("attributes.colour", "Red", "price >= 10"),
        ("in_stock", "false", "price >= 8"),
    ],
)
async def test_the_way_back_stands_beside_what_comes_instead(shop: Shop, name: str, value: str, other: str) -> None:
    chosen = filtered(name, value)
    found = await shop.ask("navy shirt", f"{chosen} AND {other}")
    shown = await shop.all("navy shirt", f"{chosen} AND {other}")
    assert not {f"products/p-{number}" for number in range(SHIRTS)} & set(shown)
    counted = counts(found, name)
    assert counted[value] == found.total == len(shown)
    assert len(counted) > 1, "the way back"
    for way in counted:
        assert (await shop.ask("navy shirt", f"{filtered(name, way)} AND {other}")).total == counted[way], way
    assert list(counted.values()) == sorted(counted.values(), reverse=True)
    assert sum(counts(found, "rating").values()) <= found.total


async def test_a_value_of_what_comes_instead_shows_that_and_what_is_as_near(shop: Shop) -> None:
    found, shown = await shop.ask("navy shirt", "price >= 20"), await shop.all("navy shirt", "price >= 20")
    for name in ("brand", "attributes.colour", "in_stock"):
        assert sum(counts(found, name).values()) == found.total
        for value, count in counts(found, name).items():
            narrowed = await shop.all("navy shirt", f"price >= 20 AND {filtered(name, value)}")
            assert len(set(narrowed) & set(shown)) == count < len(narrowed)


def read(text: str) -> Expr | None:
    return filters.parse(text, SCHEMA)


@pytest.mark.parametrize(
    ("where", "name", "left"),
    [
        ("brand = A", "brand", ""),
        ("brand = A OR brand = B", "brand", ""),
        ("(brand = A OR brand = B) AND price < 5", "brand", "price < 5"),
        ("price >= 5 AND price < 10", "price", ""),
        ("(price >= 5 AND price < 10) OR price >= 50", "price", ""),
        ("brand = A AND price < 5 AND rating >= 4", "price", "brand = A AND rating >= 4"),
        ("brand = A AND (price < 5 AND rating >= 4)", "price", "brand = A AND rating >= 4"),
        ("brand = A OR price < 5", "brand", "brand = A OR price < 5"),
        ("brand != A AND brand = B", "brand", "brand != A"),
        ("NOT brand = A", "brand", "NOT brand = A"),
        ("attributes.colour = Red AND attributes.size = L", "attributes.colour", "attributes.size = L"),
    ],
)
def test_a_filter_without_the_ticks_of_a_facet(where: str, name: str, left: str) -> None:
    assert narrowing.without(read(where), name) == read(left)


async def test_other_values_of_a_ticked_facet_stay(shop: Shop) -> None:
    before = await shop.ask("")
    ticked = await shop.ask("", '(brand = "Norr" OR brand = "Birk") AND attributes.colour = Red')
    assert set(counts(ticked, "brand")) == set(BRANDS)
    assert set(counts(ticked, "attributes.colour")) == set(COLOURS)
    assert counts(ticked, "brand")["Norr"] < counts(before, "brand")["Norr"], "other facets' ticks hold"


async def test_categories_beside_a_ticked_one_stay_with_those_above_and_below(shop: Shop) -> None:
    ticked = counts(await shop.ask("", 'category = "c1-0"'), "category")
    assert set(ticked) == {"c1", "c1-0", "c1-1", "c1-2", *(f"c1-0-{n}" for n in range(5))}
    assert ticked == {name: (await shop.ask("", f'category = "{name}"')).total for name in ticked}
    top = counts(await shop.ask("", 'category = "c1"'), "category")
    assert {"c0", "c1", "c1-0", "c1-0-0"} <= set(top)
    assert "c0-0" not in top
    both = counts(await shop.ask("", 'category = "c1-0" OR category = "c0-1"'), "category")
    assert {"c1-1", "c0-2", "c0-1-0"} <= set(both)


async def test_categories_beside_one_that_is_empty_or_moved_are_those_that_lie_there_now(shop: Shop) -> None:
    table = shop.search._catalogue
    for number in range(COUNT, COUNT + 2):
        made = product(0)
        made.name = f"products/p-{number}"
        made.category_ids[:] = ["c0", "c0-0", f"new-{number}"]
        table.put(made)
    table.remove(f"p-{COUNT}")
    assert {"c0", "c0-0-0", f"new-{COUNT + 1}"} <= set(
        counts(await shop.ask("", f'category = "new-{COUNT}"'), "category")
    )
    made.category_ids[:] = ["c1", f"new-{COUNT + 1}"]
    table.put(made)
    moved = counts(await shop.ask("", f'category = "new-{COUNT + 1}"'), "category")
    assert set(moved) == {"c1", "c1-0", "c1-1", "c1-2", f"new-{COUNT + 1}"}


@pytest.mark.parametrize("title", ["Wool", "Silk"], ids=["found", "shown instead"])
@pytest.mark.parametrize("name", ["brand", "category", "attributes.colour"])
async def test_a_ticked_value_stays_however_many_are_more_frequent(shop: Shop, name: str, title: str) -> None:
    table, seldom = shop.search._catalogue, "seldom"
    frequent = [f"v{number // 2}" for number in range(2 * facets.MOST_VALUES)]
    for number, value in enumerate((*frequent, seldom)):
        made = Product(name=f"products/w-{number}", title="Wool" if value != seldom else title, brand=value)
        made.category_ids.append(value)
        made.attributes["colour"] = value
        table.put(made)
    table.commit()
    assert set(counts(await shop.ask("wool"), name)) == set(frequent)
    ticked = await shop.ask("wool", filtered(name, seldom))
    counted = counts(ticked, name)
    assert counted[seldom] == ticked.total == 1
    assert list(counted.values()) == [*[2] * (facets.MOST_VALUES - 1), 1]


@pytest.mark.parametrize("scale", [1, 250_000, 10**9])
def test_price_bands_can_be_filtered_by_whatever_the_currency(scale: int) -> None:
    table = Catalogue(index := TantivyIndex(), Vocabulary(index.stem))
    for number in range(1, 40):
        price = Money(currency_code="IDR", units=number * scale)
        table.put(Product(name=f"products/p{number}", title="Batik", price=price))
    table.commit()
    bands = facets.count(table, np.flatnonzero(mask(table, None)), "price").values
    assert len(bands) > 2
    for band in bands:
        assert mask(table, read(filtered("price", band.value))).sum() == band.count
