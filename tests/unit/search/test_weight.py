"""A picture beside words: its weight holds for every ranking, over more than a page."""

from collections import Counter
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from aisle.catalog.v1.product_pb2 import Product

from services.kit.errors import InvalidArgument
from services.search.adapters.lexical import TantivyIndex
from services.search.adapters.vocabulary import Vocabulary
from services.search.domain.encoders import PictureEncoder, Space, TextEncoder
from services.search.use_cases.asking import Ask, Found
from services.search.use_cases.catalogue import Catalogue
from services.search.use_cases.guards import Degradation
from services.search.use_cases.meaning import Guards, Meaning
from services.search.use_cases.search import Search
from services.search.use_cases.text_vectors import TextVectors
from tests.support.samples import PNG
from tests.unit.search.test_search import Gone, Recommender, guard, search_over

TITLES = {"word": ("Red shoe", 4), "meant": ("Crimson boot", 130), "pictured": ("Blue jug", 130)} | {
    "looking": ("Blue vase", 130), "some": ("Red hat", 130),
}  # fmt: skip
TEXT = TextEncoder("text", "1", "clip", 2, 8, 0, "{}", 0.4)
PICTURE = PictureEncoder("image", "1", "clip", 2, 8, 8, "squash", "bicubic", (0, 0, 0))
LOOK = PictureEncoder("look", "1", "look", 2, 8, 8, "squash", "bicubic", (0, 0, 0), 0.99)
SPACES = {"clip": Space("clip", 2, TEXT, PICTURE), "look": Space("look", 2, None, LOOK)}


class Encoders:
    """The picture lies on one axis, every text on the other."""

    def __init__(self) -> None:
        self.pictures, self.texts_gone = 0, False

    async def pixels(self, *_: Any) -> Any:
        self.pictures += 1
        return np.array([[0, 1]], np.float32)

    async def texts(self, *_: Any) -> Any:
        if self.texts_gone:
            raise Gone
        return np.array([[1, 0]], np.float32)

    async def prepare(self, *_: Any) -> bytes:
        return b""


class Index:
    """What looks alike in one collection; in the other what is meant or pictured, by what the vector is nearer to."""

    async def search(self, collection: str, vector: Any, _: Any, limit: int) -> Sequence[tuple[str, float]]:
        kind = "looking" if collection == "look" else "meant" if vector[0] > vector[1] else "pictured"
        return [(f"{kind}-{n}", 0.9 - n / 1000) for n in range(min(limit, 130))]


async def shop() -> tuple[Search, Encoders]:
    table = Catalogue(index := TantivyIndex(), Vocabulary(index.stem))
    for kind, (title, count) in TITLES.items():
        for n in range(count):
            table.put(Product(name=f"products/{kind}-{n}", title=f"{title} {n}", in_stock=True))
    table.commit()
    search, encoders, vectors = await search_over(Recommender(), table), Encoders(), Index()
    build = SimpleNamespace(
        number=1,
        collection=str,
        release=SimpleNamespace(number=1, spec=SimpleNamespace(spaces=SPACES, pictures=SPACES["clip"])),
    )
    patient = guard(Degradation.INDEX)
    parts: Any = (table, encoders, encoders, vectors, Guards(patient, patient))
    texts: Any = TextVectors(encoders, patient, 10)  # type: ignore[arg-type]
    search._meaning = Meaning(*parts, texts)
    search._active = SimpleNamespace(current=build)  # type: ignore[assignment]
    return search, encoders


def kinds(found: Found) -> Counter[str]:
    return Counter(product.name.removeprefix("products/").split("-")[0] for product, _ in found.results)


def shown(found: Found) -> list[str]:
    return [product.name for product, _ in found.results]


@pytest.mark.parametrize("text", ["red shoe", "red umbrella"])
async def test_a_picture_of_no_weight_decides_nothing(text: str) -> None:
    search, encoders = await shop()
    words, both = await search(Ask(text, 100)), await search(Ask(text, 100, picture=PNG, picture_weight=0.0))
    assert shown(both) == shown(words)
    assert (both.total, both.corrected, both.fallback) == (words.total, words.corrected, words.fallback)
    assert not encoders.pictures
    with pytest.raises(InvalidArgument, match="image"):
        await search(Ask(text, 100, picture=b"GIF89a", picture_weight=0.0))


async def test_words_of_no_weight_decide_nothing() -> None:
    search, _ = await shop()
    alone, both = (
        await search(Ask("", 100, picture=PNG)),
        await search(Ask("red shoe", 100, picture=PNG, picture_weight=1)),
    )
    assert shown(both) == shown(alone)
    assert not set(kinds(both)) - {"pictured", "looking"}
    assert not both.stems


@pytest.mark.parametrize("text", ["red shoe", "red umbrella"])
async def test_the_weight_holds_for_all_rankings(text: str) -> None:
    search, _ = await shop()
    seen = [
        kinds(await search(Ask(text, 40, picture=PNG, picture_weight=weight))) for weight in (0.05, 0.25, 0.75, 0.95)
    ]
    of_picture = [counted["pictured"] + counted["looking"] for counted in seen]
    assert of_picture == sorted(of_picture)
    assert (of_picture[0], of_picture[-1]) == (0, 40)


async def test_a_picture_whose_words_have_no_encoder_left_counts_by_its_weight() -> None:
    search, encoders = await shop()
    encoders.texts_gone = True
    found = await search(Ask("red umbrella", 40, picture=PNG, picture_weight=0.05))
    assert set(kinds(found)) == {"some", "word"}
