"""The use case over parts in memory: taste, parts that are gone, spelling, phrases, a catalogue that changes."""

import asyncio
import gc
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from aisle.catalog.v1.product_pb2 import Product

from services.kit import filters
from services.kit.errors import InvalidArgument
from services.search.adapters.language import Dictionary
from services.search.adapters.lexical import TantivyIndex
from services.search.adapters.vocabulary import Vocabulary
from services.search.domain.releases import Build
from services.search.domain.synonyms import Synonyms
from services.search.ports import ProductChange, Step, Tower, Vector
from services.search.servicer import messages
from services.search.use_cases.active_build import ActiveBuild
from services.search.use_cases.asking import Ask
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.follow import MANY, FollowCatalogue
from services.search.use_cases.fusion import Ranking
from services.search.use_cases.guards import Degradation, Guard
from services.search.use_cases.meaning import Guards, Meaning, Near, Wanted
from services.search.use_cases.personal import Personal
from services.search.use_cases.products import SCHEMA
from services.search.use_cases.search import Search
from services.search.use_cases.understand import Understand
from tests.support.samples import PNG

TOWER = Tower("1", "items", 2, 50, 8, {"VIEW": 1})
ITEMS = {"lamp-1": [1.0, 0.0], "lamp-2": [0.0, 1.0], "lamp-3": [0.7, 0.7]}


class Gone(Exception):
    """A part does not answer."""


@dataclass
class Recommender:
    """Tastes and item vectors of shoppers who liked one lamp."""

    histories: dict[str, list[str]] = field(default_factory=dict)
    gone: bool = False
    asked: int = 0
    meanwhile: Callable[[], None] = field(default=lambda: None)
    """What happens while it is asked."""

    async def tower(self) -> Tower | None:
        return TOWER

    async def history(self, shopper: str, kinds: Collection[str], most: int) -> list[Step]:
        self.asked += 1
        self.meanwhile()
        if self.gone:
            raise Gone
        return [Step(item, "VIEW", 0) for item in self.histories.get(shopper, [])]

    async def user_vector(self, tower: Tower, vectors: Vector, kinds: Sequence[int], ages_h: Sequence[float]) -> Vector:
        return np.asarray(vectors.sum(axis=0), np.float32)

    async def search(self, *_: Any) -> list[tuple[str, float]]:
        return []

    async def vectors(self, collection: str, ids: Sequence[str]) -> dict[str, Vector]:
        return {item: np.array(ITEMS[item], np.float32) for item in ids if item in ITEMS}


class NoBuilds:
    """No release was ever promoted."""

    async def serving(self) -> Build | None:
        return None


def guard(what: Degradation) -> Guard:
    return Guard(what, 5.0, 0.1, 1)


def catalogue() -> Catalogue:
    made = Catalogue(index := TantivyIndex(), Vocabulary(index.stem))
    for number in range(1, 4):
        made.put(Product(name=f"products/lamp-{number}", title=f"Lamp {number}", in_stock=True))
    made.commit()
    return made


async def search_over(recommender: Recommender, table: Catalogue, age_s: float = 0.0) -> Search:
    index: Any = table._index
    nothing: Any = None
    personal = Personal(table, recommender, recommender, guard(Degradation.PERSONALIZATION), 3600)
    watching = asyncio.create_task(personal.watch())
    await asyncio.sleep(0)
    watching.cancel()
    guards = Guards(guard(Degradation.IMAGE_ENCODER), guard(Degradation.INDEX))
    builds: Any = NoBuilds()
    meaning = Meaning(table, nothing, nothing, recommender, guards, nothing)
    understand = Understand(index.stem, table._vocabulary, Synonyms(), Dictionary())
    return Search(table, index, understand, ActiveBuild(builds, 1.0), meaning, personal, lambda: age_s, bytes(32))


@pytest.mark.parametrize("text", ["lamp", ""])
@pytest.mark.parametrize("liked", ["lamp-1", "lamp-2", "lamp-3"])
async def test_what_suits_the_shopper_comes_first_among_equals(text: str, liked: str) -> None:
    recommender = Recommender({"visitors/v": [liked]})
    search = await search_over(recommender, catalogue())
    found = await search(Ask(text, 10, shopper="visitors/v"))
    assert found.personalized
    assert found.results[0][0].name == f"products/{liked}" or liked == "lamp-3"
    best = max(ITEMS, key=lambda item: float(np.dot(ITEMS[item], ITEMS[liked])))
    assert found.results[0][0].name == f"products/{best}"
    assert {product.name for product, _ in found.results} == {f"products/{item}" for item in ITEMS}
    asked = recommender.asked
    await search(Ask(text, 10, shopper="visitors/v"))
    assert recommender.asked == asked, "pages of one search share a vector"


@pytest.mark.parametrize(
    "ask", [Ask("lamp", 10), Ask("lamp", 10, "visitors/new"), Ask("lamp", 10, "visitors/v", order=("price", False))]
)
async def test_nobody_known_and_another_order_are_not_personalised(ask: Ask) -> None:
    search = await search_over(Recommender({"visitors/v": ["lamp-1"]}), catalogue())
    found = await search(ask)
    assert not found.personalized
    assert len(found.results) == 3
    assert not found.degraded


@pytest.mark.parametrize("text", ["lamp", ""])
@pytest.mark.parametrize("successor", ["", "bowl"])
async def test_what_goes_during_a_search_is_not_shown_and_nothing_else_in_its_row(text: str, successor: str) -> None:
    table, recommender = catalogue(), Recommender({"visitors/v": ["lamp-1"]})
    search = await search_over(recommender, table)
    row = table.row("lamp-2")

    def meanwhile() -> None:
        table.remove("lamp-2")
        table.commit()
        if successor:
            table.put(Product(name=f"products/{successor}", title="Bowl"))
            table.commit()
            assert table.row(successor) == row

    recommender.meanwhile = meanwhile
    where = filters.parse("in_stock = true", SCHEMA)
    found = await search(Ask(text, 10, "visitors/v", where, "in_stock = true", ("in_stock",)))
    assert {product.name for product, _ in found.results} == {"products/lamp-1", "products/lamp-3"}
    assert found.total == 2
    assert [(value.value, value.count) for value in found.facets[0].values] == [("true", 2)]
    assert len(messages.found(found, "", table._index).results) == 2


async def test_a_recommender_that_is_gone_costs_the_order_alone() -> None:
    search = await search_over(Recommender({"visitors/v": ["lamp-1"]}, gone=True), catalogue())
    found = await search(Ask("lamp", 10, shopper="visitors/v"))
    assert found.degraded == {Degradation.PERSONALIZATION}
    assert len(found.results) == 3


async def test_a_catalogue_that_is_gone_is_said() -> None:
    search = await search_over(Recommender(), catalogue(), age_s=60.0)
    assert (await search(Ask("lamp", 10))).degraded == {Degradation.CATALOG}


async def test_a_picture_without_an_encoder() -> None:
    search = await search_over(Recommender(), catalogue())
    found = await search(Ask("", 10, picture=PNG))
    assert found.degraded == {Degradation.IMAGE_ENCODER}
    assert found.fallback
    assert found.results
    with pytest.raises(InvalidArgument, match="image"):
        await search(Ask("", 10, picture=b"GIF89a"))


async def test_two_mistakes_that_are_words_are_both_understood() -> None:
    table = catalogue()
    table.put(Product(name="products/socks", title="Leather socks", in_stock=True))
    table.commit()
    search = await search_over(Recommender(), table)
    found = await search(Ask("lather hocks", 10))
    assert found.corrected == "leather socks"
    assert [product.name for product, _ in found.results] == ["products/socks"]


def near_to_everything(search: Search, table: Catalogue) -> None:
    """Lets an encoder say of any text that a lamp is an answer."""

    async def near(*_: Any) -> Near:
        return Near([Ranking("sentence", np.array([table.row("lamp-2")]), 1.0)], answers=True)

    search._meaning = near  # type: ignore[assignment]


@pytest.mark.parametrize(("text", "fallback"), [("bedroom", False), ("asdkjhasd", True), ('"bedroom lamp"', True)])
async def test_what_says_nothing_and_a_phrase_are_answered_by_no_nearness(text: str, fallback: bool) -> None:
    near_to_everything(search := await search_over(Recommender(), table := catalogue()), table)
    found = await search(Ask(text, 10))
    assert "products/lamp-2" in {product.name for product, _ in found.results}
    assert found.fallback is fallback


@pytest.mark.parametrize(("trusted", "first"), [("sentence", "lamp-2"), ("clip", "lamp-3")])
async def test_an_encoder_that_is_not_sure_counts_less_where_no_product_has_all_words(trusted: str, first: str) -> None:
    search = await search_over(Recommender(), table := catalogue())
    says = {"sentence": "lamp-2", "clip": "lamp-3"}

    async def near(*_: Any) -> Near:
        rankings = [Ranking(name, np.array([table.row(lamp)]), 1.0) for name, lamp in says.items()]
        return Near(rankings, answers=True, trust=dict.fromkeys(says, 0.1) | {trusted: 1.0})

    search._meaning = near  # type: ignore[assignment]
    assert (await search(Ask("bedroom", 10))).results[0][0].name == f"products/{first}"
    scores = {product.name: score for product, score in (await search(Ask("lamp", 10))).results}
    assert scores["products/lamp-2"] == scores["products/lamp-3"] > scores["products/lamp-1"], "all have the word"


@pytest.mark.parametrize(
    ("picture", "answers", "trust"),
    [(False, True, 1.0), (False, False, 0.5), (True, True, 0.5), (True, False, 0.1)],
)
async def test_what_is_trusted(picture: bool, answers: bool, trust: float) -> None:
    text = SimpleNamespace(answers_above=0.4)
    space = SimpleNamespace(name="space", text=text, picture=object() if picture else None)
    build = SimpleNamespace(
        collection=str, release=SimpleNamespace(number=1, spec=SimpleNamespace(spaces={"a": space}))
    )

    class Nearest:
        async def to_text(self, *_: object) -> tuple[Any, Any]:
            return np.array([0]), np.array([0.5 if answers else 0.3], np.float32)

    async def vector(*_: object) -> Any:
        return np.ones(2, np.float32)

    async def through(ask: Any) -> Any:
        return await ask()

    meaning = Meaning(catalogue(), None, None, None, Guards(through, through), vector)  # type: ignore[arg-type]
    meaning._nearest = Nearest()  # type: ignore[assignment]
    near = await meaning(build, Wanted("red"), np.ones(5, bool))  # type: ignore[arg-type]
    assert (near.trust, near.answers) == ({"space": trust}, answers)


async def test_nothing_comes_behind_those_that_have_a_phrase() -> None:
    near_to_everything(search := await search_over(Recommender(), table := catalogue()), table)
    found = await search(Ask('"lamp 1"', 10))
    assert [product.name for product, _ in found.results] == ["products/lamp-1"]
    assert len((await search(Ask("lamp 1", 10))).results) == 2


async def test_a_better_spelling_is_named_beside_a_word_that_nothing_has() -> None:
    search = await search_over(Recommender(), catalogue())
    found = await search(Ask("lampp umbrella", 10))
    assert found.corrected == "lamp umbrella"
    assert found.fallback
    assert len(found.results) == 3
    assert not (await search(Ask("lampp umbrella", 10, verbatim=True))).corrected


async def test_products_like_one_are_found_whatever_changed_and_went() -> None:
    table = catalogue()
    search = await search_over(Recommender(), table)
    table.remove("lamp-1")
    for title in ("Lamp one", "Lamp two", "Lamp three", "Bowl"):
        table.put(Product(name="products/a", title=title, in_stock=True))
        table.remove("lamp-3")
        table.commit()
    assert (await search(Ask("", 10, similar="lamp-2"))).fallback, "nothing else is a lamp by now"
    table.put(Product(name="products/b", title="Lamp 9", in_stock=True))
    table.commit()
    found = await search(Ask("", 10, similar="lamp-2"))
    assert [product.name for product, _ in found.results] == ["products/b"]


@dataclass
class Feed:
    """The catalogue's changes, page by page."""

    pages: list[list[ProductChange]]

    async def changes(self, cursor: str, wait_s: int = 0) -> tuple[list[ProductChange], str, bool]:
        at = int(cursor or 0)
        return self.pages[at], str(at + 1), at + 1 < len(self.pages)

    async def size(self) -> int:
        return sum(map(len, self.pages))


async def test_the_last_word_on_a_product_counts() -> None:
    def change(item: str, title: str = "") -> ProductChange:
        return ProductChange(item, Product(name=f"products/{item}", title=title) if title else None)

    table = Catalogue(index := TantivyIndex(), Vocabulary(index.stem))
    follow = FollowCatalogue(
        Feed([[change("a", "Old"), change("b", "Bowl"), change("a", "New")], [change("b")]]), table, 1
    )
    assert await follow.step()
    assert not follow.ready
    assert not await follow.step()
    assert follow.ready
    row = table.row("a")
    assert row is not None
    found = table.product(row)
    assert found is not None
    assert found.title == "New"
    assert len(table) == 1


async def test_a_catalogue_that_was_read_is_not_looked_through_for_garbage() -> None:
    many = [ProductChange(f"p{n}", Product(name=f"products/p{n}", title="Bowl")) for n in range(MANY)]
    follow = FollowCatalogue(Feed([many[:1], many[1:]]), Catalogue(index := TantivyIndex(), Vocabulary(index.stem)), 1)
    before = gc.get_freeze_count()
    try:
        await follow.step()
        assert gc.get_freeze_count() == before  # more is on its way
        await follow.step()
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()


@pytest.mark.parametrize(
    ("phrase", "found"), [("linen shirt", True), ("apparel norr", False), ("shirt apparel", False)]
)
async def test_a_phrase_does_not_go_across_the_border_of_two_fields(phrase: str, found: bool) -> None:
    table = catalogue()
    made = Product(name="products/p", title="Linen shirt", category_ids=["a"], category_path=["Apparel"], brand="Norr")
    table.put(made)
    table.commit()
    search = await search_over(Recommender(), table)
    assert (await search(Ask(f'"{phrase}"', 10, verbatim=True))).total == int(found)
    assert (await search(Ask(phrase, 10, verbatim=True))).total == 1
