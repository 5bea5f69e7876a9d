"""What is remembered between searches, and what ends it."""

import asyncio
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from aisle.catalog.v1.product_pb2 import Picture, Product

from services.kit.filters import Expr
from services.search.adapters.language import Dictionary
from services.search.adapters.lexical import TantivyIndex
from services.search.adapters.vocabulary import Vocabulary
from services.search.domain.encoders import TextEncoder
from services.search.domain.synonyms import Synonyms
from services.search.ports import Vector
from services.search.use_cases import nearest
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.guards import Degradation, Down, Guard
from services.search.use_cases.nearest import Nearest
from services.search.use_cases.suggest import Kind, Suggest
from services.search.use_cases.text_vectors import TextVectors
from services.search.use_cases.understand import Understand

ENCODER = TextEncoder("sentence", "1", "meaning", 2, 16, 0, "{}", 1.0)
VECTOR = np.array([1.0, 0.0], np.float32)


class Index:
    """Says that every product is near, and counts how often it was asked."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.asked = 0

    async def search(
        self, collection: str, vector: Vector, where: Expr | Sequence[str] | None, limit: int
    ) -> list[tuple[str, float]]:
        self.asked += 1
        return [(item, 0.5) for item in (*self.catalogue.ids, "one-that-the-table-does-not-have")]

    async def vectors(self, collection: str, ids: Sequence[str]) -> dict[str, Vector]:
        return {}


class Encoders:
    """Encodes a text as its length; while it is at one batch, others wait for the next."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.gone = False

    async def texts(self, encoder: TextEncoder, texts: Sequence[str]) -> Vector:
        self.batches.append(list(texts))
        await asyncio.sleep(0.01)
        if self.gone:
            raise ConnectionError
        return np.array([[len(text), 0] for text in texts], np.float32)


def lamp(number: int, **more: Any) -> Product:
    return Product(name=f"products/lamp-{number}", title=f"Lamp {number}", **more)


def table() -> Catalogue:
    made = Catalogue(index := TantivyIndex(), Vocabulary(index.stem))
    for number in range(3):
        made.put(lamp(number))
    made.commit()
    return made


def text_vectors(encoders: Encoders, kept: int = 10) -> TextVectors:
    asked: Any = encoders
    return TextVectors(asked, Guard(Degradation.TEXT_ENCODER, 1.0, 1.0, 1), kept)


def test_prices_and_stocks_are_no_other_words() -> None:
    catalogue = table()
    said, generation = catalogue.said, catalogue.generation
    catalogue.put(lamp(1, in_stock=True, rating=4.5))
    catalogue.commit()
    assert catalogue.generation > generation
    assert catalogue.said == said


@pytest.mark.parametrize(
    "change",
    [
        lamp(1, description="Brass"),
        lamp(1, category_ids=["lighting"]),
        lamp(1, pictures=[Picture(name="products/lamp-1/pictures/p")]),
        lamp(9),
        "lamp-1",
    ],
    ids=["text", "category", "picture", "new", "gone"],
)
def test_a_product_that_says_something_else(change: Product | str) -> None:
    catalogue = table()
    said = catalogue.said
    if isinstance(change, str):
        catalogue.remove(change)
    else:
        catalogue.put(change)
    assert catalogue.said > said


def test_completions_are_those_of_the_products_that_there_are() -> None:
    catalogue = table()
    index: Any = catalogue._index
    vocabulary: Any = catalogue._vocabulary
    suggest = Suggest(catalogue, index, vocabulary, Understand(index.stem, vocabulary, Synonyms(), Dictionary()))

    def shown() -> set[str]:
        return {one.text for one in suggest("la", 8, [], ())}

    assert shown() == shown() == {"lamp", "Lamp 0", "Lamp 1", "Lamp 2"}
    catalogue.put(Product(name="products/lantern", title="Lantern"))
    catalogue.remove("lamp-1")
    assert "Lamp 1" not in shown()
    catalogue.commit()
    assert shown() == {"lamp", "lantern", "Lantern", "Lamp 0", "Lamp 2"}
    assert suggest("la", 2, ["lava lamp"], ())[0].text == "lava lamp"
    assert {one.text for one in suggest("la", 8, [], ("lamp shade",))} > {"lamp shade"}


def test_what_the_last_product_said_is_completed_no_more() -> None:
    catalogue = Catalogue(index := TantivyIndex(), vocabulary := Vocabulary(index.stem))
    suggest = Suggest(catalogue, index, vocabulary, Understand(index.stem, vocabulary, Synonyms(), Dictionary()))
    for number in range(100):  # so many that the index drops nothing by the way
        catalogue.put(Product(name=f"products/{number}", title="Gadget"))
    catalogue.put(Product(name="products/zebra", title="Zebra lamp"))
    catalogue.commit()
    assert "zebra" in {one.text for one in suggest("zeb", 8, [], ())}
    catalogue.remove("zebra")
    catalogue.commit()
    assert suggest("zeb", 8, [], ()) == []


def test_words_before_the_last_may_be_misspelt_as_other_words() -> None:
    catalogue = Catalogue(index := TantivyIndex(), vocabulary := Vocabulary(index.stem))
    suggest = Suggest(catalogue, index, vocabulary, Understand(index.stem, vocabulary, Synonyms(), Dictionary()))
    for number, title in enumerate(("Leather jacket", "Leather sofa", "Jar of glass")):
        catalogue.put(Product(name=f"products/{number}", title=title))
    catalogue.commit()
    for typed in ("lather ja", "leather jaket", "leathr jackt", "leather jakcet"):
        assert [one.text for one in suggest(typed, 8, [], ())] == ["leather jacket", "Leather jacket"]
    assert [one.text for one in suggest("jacet ", 8, [], ())] == ["jacket leather", "Leather jacket"]
    assert "of" not in {one.text for one in suggest("glass o", 8, [], ())}


@pytest.mark.parametrize(
    ("typed", "others"),
    [
        ("leather jac", []),
        ("lether jac", []),
        ("leather jaket", []),
        ("jaket", []),
        ("jacket lether", []),
        ("lether ", ["leather sofa"]),
        ("lether", ["leather sofa"]),
        ("wilma", None),
        ("jukebox", None),
    ],
)
def test_mistakes_hide_no_popular_and_no_own_search(typed: str, others: list[str] | None) -> None:
    catalogue = Catalogue(index := TantivyIndex(), vocabulary := Vocabulary(index.stem))
    suggest = Suggest(catalogue, index, vocabulary, Understand(index.stem, vocabulary, Synonyms(), Dictionary()))
    for number, title in enumerate(("Leather jacket Norr", "Leather sofa", "Jar of glass", "Wilma")):
        catalogue.put(Product(name=f"products/{number}", title=title))
    catalogue.commit()
    searches = ("leather jacket norr", "jar of glass", "leather sofa")
    wanted = [] if others is None else ["leather jacket norr", *others]
    found = suggest(typed, 20, [], searches)
    assert [one.text for one in found if one.kind is Kind.QUERY and one.text in searches] == wanted
    own = suggest(typed, 20, searches, ())
    assert [one.text for one in own if one.kind is Kind.HISTORY] == wanted
    assert [one.kind for one in own[: len(wanted)]] == [Kind.HISTORY] * len(wanted), "own searches first"


def test_what_fits_as_it_is_typed_comes_before_what_may_be_meant() -> None:
    catalogue = Catalogue(index := TantivyIndex(), vocabulary := Vocabulary(index.stem))
    suggest = Suggest(catalogue, index, vocabulary, Understand(index.stem, vocabulary, Synonyms(), Dictionary()))
    for number, title in enumerate(("Leather jacket", "Leather jar")):
        catalogue.put(Product(name=f"products/{number}", title=title))
    catalogue.commit()
    own = ["leather jar", "lether jacket"]  # the newest first
    assert [one.text for one in suggest("lether ja", 8, own, ())][:2] == own[::-1]


@pytest.mark.parametrize("typed", ["women sho", "wmen sho", "womne shoe", "wmen "])
def test_names_are_completed_behind_a_mistyped_word(typed: str) -> None:
    catalogue = Catalogue(index := TantivyIndex(), vocabulary := Vocabulary(index.stem))
    suggest = Suggest(catalogue, index, vocabulary, Understand(index.stem, vocabulary, Synonyms(), Dictionary()))
    for item, name in (("ws", "Women's Shoes"), ("ms", "Men's Shoes")):
        for number in range(3):
            title = f"Sneaker {number}"
            made = Product(name=f"products/{item}-{number}", title=title, category_ids=[item], category_path=[name])
            catalogue.put(made)
    catalogue.commit()
    found = [one.text for one in suggest(typed, 8, [], ()) if one.kind is Kind.CATEGORY]
    assert found == ["Women's Shoes"]


async def test_what_is_nearest_is_asked_once_while_products_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest, "SETTLED_S", 0.05)
    catalogue = table()
    index = Index(catalogue)
    near = Nearest(catalogue, index)

    async def asked() -> int:
        rows, scores = await near.to_text("c", "lamp", VECTOR, 10)
        assert {catalogue.ids[row] for row in rows} == set(catalogue.ids)
        assert len(rows) == len(scores)
        return index.asked

    assert (await asked(), await asked()) == (1, 2), "the index may not know the newest products yet"
    await asyncio.sleep(0.1)
    assert (await asked(), await asked()) == (3, 3)
    catalogue.put(lamp(1, in_stock=True))
    assert await asked() == 3, "a stock moves no vector"
    catalogue.put(lamp(5))
    assert (await asked(), await asked()) == (4, 5)
    await asyncio.sleep(0.1)
    assert (await asked(), await asked()) == (6, 6)
    monkeypatch.setattr(nearest, "MOST_KEPT_S", -1.0)
    await near.to_text("c", "other", VECTOR, 10)
    await near.to_text("c", "other", VECTOR, 10)
    assert index.asked == 8, "however the indexing goes, answers end"


async def test_texts_of_one_moment_are_encoded_together_and_once() -> None:
    encoders = Encoders()
    vectors = text_vectors(encoders)
    found = await asyncio.gather(*(vectors(ENCODER, text) for text in ("a", "bb", "ccc", "bb", "ccc")))
    assert [vector[0] for vector in found] == [1, 2, 3, 2, 3]
    assert encoders.batches == [["a", "bb", "ccc"]]
    assert (await vectors(ENCODER, "bb"))[0] == 2
    assert len(encoders.batches) == 1


async def test_an_encoder_that_is_gone_is_remembered_by_nobody() -> None:
    encoders = Encoders()
    vectors = text_vectors(encoders)
    encoders.gone = True
    with pytest.raises(Down):
        await vectors(ENCODER, "a")
    encoders.gone = False
    with pytest.raises(Down):
        await vectors(ENCODER, "a")  # it is left alone for a while
    other = text_vectors(encoders)
    assert (await other(ENCODER, "a"))[0] == 1
