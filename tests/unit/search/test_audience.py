"""Products that are sold elsewhere, or meant for older shoppers, are found in no way."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from aisle.catalog.v1.product_pb2 import Product
from aisle.search.v1 import search_service_pb2 as pb
from google.type.money_pb2 import Money

from services.kit import filters
from services.search.adapters.language import Dictionary
from services.search.adapters.lexical import TantivyIndex
from services.search.adapters.vocabulary import Vocabulary
from services.search.domain.synonyms import Synonyms
from services.search.servicer.search import SearchServicer
from services.search.use_cases import filtering
from services.search.use_cases import search as search_module
from services.search.use_cases import suggest as suggest_module
from services.search.use_cases.asking import Ask, Found
from services.search.use_cases.audience import Audience, admitted, alike
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.guards import Degradation
from services.search.use_cases.meaning import NEAREST, Guards, Meaning
from services.search.use_cases.products import SCHEMA
from services.search.use_cases.search import Search
from services.search.use_cases.searched import Searched
from services.search.use_cases.suggest import Kind, Suggest
from services.search.use_cases.understand import Understand
from tests.support.samples import PNG
from tests.unit.search.test_narrowing import Index
from tests.unit.search.test_search import Recommender, guard, search_over
from tests.unit.search.test_searched import Written
from tests.unit.search.test_weight import SPACES, Encoders

LIMITS = {"wine": 18, "rum": 21}
SOLD_IN = {"cider": ["FR"], "mead": ["DE", "AT"]}
KINDS = ("juice", *LIMITS, *SOLD_IN)
EACH = 30
ANYBODY = {"juice", "cider", "mead"}
FACETS = ("brand", "category", "price")
ASKED: list[dict[str, Any]] = [
    *({"text": text} for text in ("bottle", "", "rum", "bottle of rum", "bottlle", "something to drink", "zzqxj")),
    {"text": '"bottle of wine"'},
    {"text": "", "similar": "wine-0"},
    {"text": "", "picture": PNG},
    {"text": "bottle", "picture": PNG},
]


class Vectors(Index):
    """The same, with vectors of products."""

    async def vectors(self, _: str, ids: Sequence[str]) -> dict[str, Any]:
        return {item: np.ones(2, np.float32) for item in ids}


def product(kind: str, number: int) -> Product:
    return Product(
        name=f"products/{kind}-{number}",
        title=f"Bottle of {kind} {number}",
        brand=f"{kind.capitalize()} makers",
        category_ids=["drinks", kind],
        category_path=["Drinks", f"All {kind}"],
        price=Money(currency_code="EUR", units=number),
        age_limit=LIMITS.get(kind, 0),
        regions=SOLD_IN.get(kind, []),
        in_stock=True,
    )


@pytest.fixture
def table() -> Catalogue:
    made = Catalogue(index := TantivyIndex(), Vocabulary(index.stem))
    # Those that not all may be shown are the nearest of all, to whatever.
    for kind in (*LIMITS, *SOLD_IN, "juice"):
        for number in range(EACH):
            made.put(product(kind, number))
    made.commit()
    return made


@pytest.fixture
async def search(table: Catalogue) -> Search:
    search, patient = await search_over(Recommender(), table), guard(Degradation.INDEX)

    async def vector(*_: object) -> Any:
        return np.ones(2, np.float32)

    encoders: Any = Encoders()
    index: Any = Vectors(table)
    meaning: Any = Meaning(table, encoders, encoders, index, Guards(patient, patient), vector)  # type: ignore[arg-type]
    spec = SimpleNamespace(spaces={"clip": SPACES["clip"]}, pictures=SPACES["clip"])
    build = SimpleNamespace(number=1, collection=str, release=SimpleNamespace(number=1, spec=spec))
    search._meaning, search._active = meaning, SimpleNamespace(current=build)  # type: ignore[assignment]
    return search


def kinds(found: Found) -> set[str]:
    return {item.name.removeprefix("products/").split("-")[0] for item, _ in found.results}


@pytest.mark.parametrize(
    ("audience", "shown"),
    [
        (Audience(), ANYBODY),
        (Audience(age=17), ANYBODY),
        (Audience(age=18), {*ANYBODY, "wine"}),
        (Audience(age=20), {*ANYBODY, "wine"}),
        (Audience(age=21), set(KINDS)),
        (Audience("FR"), {"juice", "cider"}),
        (Audience("AT"), {"juice", "mead"}),
        (Audience("US", 18), {"juice", "wine"}),
    ],
)
@pytest.mark.parametrize("where", ["", "price < 3", 'brand = "Rum makers"', 'category = "drinks" AND price >= 29'])
async def test_nobody_is_shown_what_is_not_for_them(
    search: Search, audience: Audience, shown: set[str], where: str
) -> None:
    read = filters.parse(where, SCHEMA)
    for asked in ASKED:
        ask = Ask(size=200, where=read, filter_text=where, facets=FACETS, audience=audience, **asked)
        found = await search(ask)
        assert not found.degraded
        assert kinds(found) <= shown
        assert found.total <= len(found.results)
        assert found.results or "brand" in where
        brands, categories, prices = found.facets
        assert {value.value.split()[0].lower() for value in brands.values} <= shown
        assert {value.value for value in categories.values} <= {"drinks", *shown}
        if not where:
            assert sum(value.count for value in brands.values) == found.total
            assert sum(value.count for value in prices.values) == found.total


async def test_words_that_only_others_may_find_are_a_fallback(search: Search) -> None:
    child = await search(Ask("rum", 100, audience=Audience(age=18)))
    adult = await search(Ask("rum", 100, audience=Audience(age=21)))
    assert (kinds(adult), adult.fallback, adult.total) == ({"rum", *kinds(adult)}, False, EACH)
    assert "rum" not in kinds(child)
    assert child.total
    assert child.corrected != "rum"
    assert not (await search(Ask("rum", 100, verbatim=True))).total


async def test_the_nearest_that_may_be_shown_are_asked_for_where_the_nearest_may_not(
    search: Search, table: Catalogue
) -> None:
    for number in range(EACH, NEAREST):
        table.put(product("rum", number))
    for number in range(5):
        table.put(product("grape", number))
    for kind in set(KINDS) - {"rum"}:
        for number in range(EACH):
            table.remove(f"{kind}-{number}")
    table.commit()
    found = await search(Ask("", 100, picture=PNG))
    assert (kinds(found), found.total, found.fallback) == ({"grape"}, 5, False)


async def test_a_limit_that_changes_counts_at_once(table: Catalogue) -> None:
    changed = product("juice", 0)
    said = table.said
    changed.age_limit = 16
    table.put(changed)
    row = table.row("juice-0")
    assert not admitted(table, Audience(age=15))[row]
    assert admitted(table, Audience(age=16))[row]
    assert table.said > said, "and completions are made anew"
    changed.ClearField("age_limit")
    changed.regions.append("PT")
    table.put(changed)
    assert [bool(admitted(table, Audience(region))[row]) for region in ("", "PT", "DE")] == [True, True, False]
    changed.ClearField("regions")
    table.put(changed)
    assert admitted(table, Audience("DE"))[row]


def test_who_is_shown_the_same_is_one_audience(table: Catalogue) -> None:
    regions = ("", "FR", "DE", "AT", "US", "PT", "FRA")
    everybody = [Audience(region, age) for region in regions for age in range(151)]
    for audience in everybody:
        assert (admitted(table, audience) == admitted(table, alike(table, audience))).all(), audience
    assert len({alike(table, audience) for audience in everybody}) == 3 * 5, (
        "below 18, 21, and above; any, 3, and others"
    )
    unlimited = Catalogue(index := TantivyIndex(), Vocabulary(index.stem))
    unlimited.put(product("juice", 0))
    assert {alike(unlimited, audience) for audience in everybody} == {Audience()}
    table.put(Product(name="products/port", title="Port", age_limit=25, regions=["PT"]))
    assert len({alike(table, audience) for audience in everybody}) == 4 * 6


async def test_what_is_kept_for_one_audience_is_kept_for_all_that_are_shown_the_same(
    search: Search, table: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[Audience]()

    def counted(catalogue: Catalogue, audience: Audience) -> Any:
        asked.append(audience)
        return admitted(catalogue, audience)

    monkeypatch.setattr(search_module, "admitted", counted)
    monkeypatch.setattr(suggest_module, "admitted", counted)
    index, vocabulary = table._index, table._vocabulary
    suggest = Suggest(table, index, vocabulary, Understand(index.stem, vocabulary, Synonyms(), Dictionary()))
    read = filters.parse("price < 3", SCHEMA)
    for audience in (Audience(region, age) for region in ("US", "PT", "GB") for age in range(21, 90)):
        await search(Ask("bottle", 20, where=read, filter_text="price < 3", audience=audience))
        suggest("bottle of r", 8, (), (), audience)
    assert len(asked) == 2 + 2, "with the filter and without, and names and products"


async def test_no_request_walks_what_is_kept_of_the_whole_catalogue(
    search: Search, table: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    walks = list[str]()

    class Watched(np.ndarray[Any, Any]):
        """A mask that tells of everything that looks at all of it at once."""

        def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **_: Any) -> Any:
            walks.append(ufunc.__name__)
            return getattr(ufunc, method)(*map(np.asarray, inputs)).view(Watched)

        def __array_function__(self, function: Any, _: Any, args: Any, __: Any) -> Any:
            walks.append(function.__name__)
            return function(*map(np.asarray, args))

    monkeypatch.setattr(search_module, "mask", lambda *args: filtering.mask(*args).view(Watched))
    audience = Audience(age=max(LIMITS.values()))
    await search(Ask("bottle", 5, audience=audience))
    assert walks, "the masks are made"
    walks.clear()
    await search(Ask("bottle", 5, audience=audience))
    assert not walks
    table.put(product("perry", 0))
    await search(Ask("bottle", 5, audience=audience))
    assert walks, "and made anew where the catalogue is another"


@pytest.mark.parametrize(
    ("audience", "shown"),
    [
        (Audience(), ANYBODY),
        (Audience("FR", 18), {"juice", "cider", "wine"}),
        (Audience("DE", 21), {"juice", "mead", "wine", "rum"}),
    ],
)
def test_completions_are_of_what_may_be_shown(table: Catalogue, audience: Audience, shown: set[str]) -> None:
    index, vocabulary = table._index, table._vocabulary
    suggest = Suggest(table, index, vocabulary, Understand(index.stem, vocabulary, Synonyms(), Dictionary()))
    for kind in KINDS:
        found = suggest(f"bottle {kind[:2]}", 8, (), (), audience)
        products = {one.resource for one in found if one.kind is Kind.PRODUCT}
        assert bool([name for name in products if f"/{kind}-" in name]) == (kind in shown), kind
        named = {one.text for one in suggest(kind, 20, (), (), audience) if one.kind in {Kind.BRAND, Kind.CATEGORY}}
        assert named == ({f"All {kind}", f"{kind.capitalize()} makers"} if kind in shown else set())
    assert sum(one.kind is Kind.PRODUCT for one in suggest("bottl", 8, (), (), audience)) >= 5


async def test_a_request_says_who_asks(search: Search, table: Catalogue) -> None:
    index, vocabulary = table._index, table._vocabulary
    suggest = Suggest(table, index, vocabulary, Understand(index.stem, vocabulary, Synonyms(), Dictionary()))
    database: Any = Written()
    servicer = SearchServicer(search, suggest, Searched(database, vocabulary, 1.0), index)
    for fields, total in (({}, 3), ({"region": "fr"}, 2), ({"region": "FR", "age": 18}, 3), ({"age": 21}, 5)):
        reply = await servicer.Search(pb.SearchRequest(query="bottle", **fields), None)  # type: ignore[arg-type]
        assert reply.total_size == total * EACH
        completed = await servicer.Suggest(pb.SuggestRequest(query="maker", page_size=20, **fields), None)  # type: ignore[arg-type]
        brands = [one for one in completed.suggestions if one.kind == pb.SuggestResponse.KIND_BRAND]
        assert len(brands) == min(total, 2 * 2)
