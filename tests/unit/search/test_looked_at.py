"""How much of the shop a search looks at: no more of it because a few products are not for everybody."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pytest
from aisle.catalog.v1.product_pb2 import Product

from services.kit import filters
from services.search.adapters.language import Dictionary
from services.search.adapters.lexical import TantivyIndex
from services.search.adapters.vocabulary import Vocabulary
from services.search.domain.query import Query
from services.search.domain.synonyms import Synonyms
from services.search.ports import Rows, Scores
from services.search.use_cases import facets
from services.search.use_cases.asking import Ask
from services.search.use_cases.audience import Audience
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.filtering import FARTHER, SPARE, enough
from services.search.use_cases.products import SCHEMA
from services.search.use_cases.search import RELAXED, Search
from services.search.use_cases.suggest import Suggest
from services.search.use_cases.understand import Understand
from tests.unit.search.test_search import Recommender, search_over

SHIRTS, SHEETS = 1000, 300
ADULT = Audience(age=18)


@dataclass
class Watched:
    """An index, and how many rows each search of it returned."""

    index: TantivyIndex
    returned: list[int] = field(default_factory=list)

    def search(self, query: Query, any_of: bool = False, most: int | None = None) -> tuple[Rows, Scores]:
        found = self.index.search(query, any_of, most)
        self.returned.append(len(found[0]))
        return found

    def having(self, words: Sequence[str], before: Query, limit: int) -> Rows:
        rows = self.index.having(words, before, limit)
        self.returned.append(len(rows))
        return rows

    def __getattr__(self, name: str) -> Any:
        return getattr(self.index, name)


@dataclass
class Shop:
    """A search over products of which a few have an age limit, and what its index was asked."""

    search: Search
    table: Catalogue
    index: Watched

    async def ask(self, text: str, where: str = "", audience: Audience = ADULT) -> tuple[list[str], str, int]:
        """Ids of the first page, the better spelling, and how many are found."""
        read = filters.parse(where, SCHEMA)
        found = await self.search(Ask(text, 50, where=read, filter_text=where, audience=audience))
        return [item.name for item, _ in found.results], found.corrected, found.total


@pytest.fixture
async def shop() -> Shop:
    watched: Any = Watched(index := TantivyIndex())
    table = Catalogue(watched, Vocabulary(index.stem))
    # What only adults may be shown is what the words fit best.
    table.put(Product(name="products/wine", title="Shirt", brand="Norr", age_limit=18, in_stock=True))
    for number in range(SHIRTS):
        table.put(Product(name=f"products/{number}", title=f"Navy shirt {number}", brand="Norr", in_stock=True))
    for number in range(SHEETS):
        table.put(Product(name=f"products/sheet-{number}", title=f"Sheet {number}", brand="Birk", in_stock=True))
    table.put(Product(name="products/adults", title="Shard", brand="Birk", age_limit=18, in_stock=True))
    table.commit()
    return Shop(await search_over(Recommender(), table), table, watched)


@pytest.mark.parametrize("where", ["", 'brand = "Norr"', 'brand = "Birk"'])
@pytest.mark.parametrize("audience", [Audience(), ADULT])
async def test_some_of_the_words_are_looked_for_in_as_many_as_are_shown(
    shop: Shop, audience: Audience, where: str
) -> None:
    text = "shirt umbrella" if "Birk" not in where else "sheet umbrella"
    found, _, _ = await shop.ask(text, where, audience)
    assert len(found) == 50
    assert ("products/wine" in found) == (audience == ADULT and "Birk" not in where)
    share = 1 if not where else (SHIRTS if "Norr" in where else SHEETS) / (SHIRTS + SHEETS)
    assert max(shop.index.returned) <= SPARE * RELAXED / share * 1.01 < SHIRTS + SHEETS


@pytest.mark.parametrize(
    ("limited", "better", "returned"),
    [
        ([], "leather hocks", [0, 3]),
        (["leather hocks 0"], "leather hocks", [0, 3]),
        (["leather hocks 0", "leather hocks 1"], "lather socks", [0, 3, 2]),
        (["leather hocks 0", "leather hocks 1", "leather hocks 2"], "lather socks", [0, 3, 2]),
    ],
)
async def test_spellings_are_counted_and_looked_for_only_where_they_may_be_the_best(
    shop: Shop, limited: Sequence[str], better: str, returned: list[int]
) -> None:
    shop.table._vocabulary.add(["other"] * 30_000)
    for words, many in (("leather", 100), ("socks", 100), ("leather hocks", 3), ("lather socks", 2)):
        for title in (f"{words} {number}" for number in range(many)):
            item = title.replace(" ", "-")
            shop.table.put(Product(name=f"products/{item}", title=title, age_limit=18 * (title in limited)))
    shop.table.commit()
    found, corrected, _ = await shop.ask("lather hocks", audience=Audience())
    assert corrected == better
    assert not {f"products/{title.replace(' ', '-')}" for title in limited} & set(found)
    assert shop.index.returned == returned, "one that finds nothing is not looked for, nor one that finds less"


@pytest.mark.parametrize("audience", [Audience(), ADULT])
def test_completions_look_at_as_many_as_are_shown(shop: Shop, audience: Audience) -> None:
    index, vocabulary = shop.table._index, shop.table._vocabulary
    suggest = Suggest(shop.table, index, vocabulary, Understand(index.stem, vocabulary, Synonyms(), Dictionary()))
    assert len(suggest("shi", 8, (), (), audience)) == 8
    assert sum(shop.index.returned) <= FARTHER * 20


@pytest.mark.parametrize(
    ("passing", "asked"),
    [
        (range(1000), [10]),
        (range(1, 1000), [12]),
        (range(0, 1000, 2), [25]),
        (range(500, 1000), [25, 200, 1600]),
        ([], [12_500]),
    ],
)
def test_farther_down_is_looked_at_only_where_too_few_pass(passing: Sequence[int], asked: list[int]) -> None:
    passes, seen = np.zeros(1000, bool), list[int]()
    passes[list(passing)] = True

    def search(most: int) -> tuple[Rows, Scores]:
        seen.append(most)
        return np.arange(min(most, 1000)), np.ones(min(most, 1000), np.float32)

    rows, _ = enough(passes, search, 10)
    assert seen == asked
    assert passes[rows].sum() >= min(10, len(passing))


class Column(np.ndarray):
    """A column that says how many of its rows are looked at."""

    seen: ClassVar[list[int]] = []

    def __getitem__(self, rows: Any) -> Any:
        taken = super().__getitem__(rows)
        self.seen.append(len(taken))
        return np.asarray(taken)


def test_where_a_ticked_category_lies_is_known_without_looking_at_all_products(shop: Shop) -> None:
    for number in range(4):
        path = ["home", "lamps" if number else "rugs"]
        shop.table.put(Product(name=f"products/{number}", title="Thing", category_ids=path, category_path=path))
    shop.table.put(Product(name="products/wine", title="Wine", category_ids=["drinks"], category_path=["Drinks"]))
    rows = np.array([shop.table.row(str(number)) for number in range(3)])
    shop.table.categories = shop.table.categories.view(Column)
    Column.seen.clear()
    counted = facets.count(shop.table, rows, "category", {"rugs"})
    assert {value.value: value.count for value in counted.values} == {"home": 3, "lamps": 2, "rugs": 1}
    assert sum(Column.seen) == len(rows)


@pytest.mark.parametrize(
    ("where", "times"),
    [
        ("", {"brand": 1, "price": 1}),
        ('brand = "Norr"', {"brand": 1, "price": 1}),
        ('brand = "Birk" AND price < 5', {"brand": 2, "price": 2}),
    ],
)
async def test_what_is_shown_instead_is_counted_only_where_something_is(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, where: str, times: dict[str, int]
) -> None:
    counted, count = list[str](), facets.count

    def counting(table: Catalogue, rows: Rows, name: str, *ticked: Any) -> facets.Facet:
        counted.append(name)
        return count(table, rows, name, *ticked)

    monkeypatch.setattr(facets, "count", counting)
    ask = Ask("shirt", 20, where=filters.parse(where, SCHEMA), filter_text=where, facets=("brand", "price"))
    found = await shop.search(ask)
    assert found.results or "Birk" in where
    assert Counter(counted) == times


@pytest.mark.parametrize("known", [0, 3])
def test_a_shop_that_has_no_products_yet_is_not_asked_for_ever(known: int) -> None:
    asked: list[int] = []

    def first(most: int) -> tuple[Rows, Scores]:
        assert len(asked) < 20, f"asked for ever: {asked}"
        asked.append(most)
        found = min(most, known)
        return np.arange(found, dtype=np.int64), np.ones(found, np.float32)

    rows, _ = enough(np.zeros(0, bool), first, 5)
    assert len(rows) == known
