"""What was searched for: remembered behind, and popular in the words of the shop."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from aisle.search.v1 import search_service_pb2 as pb

from services.kit import context
from services.kit.principal import Principal
from services.search.adapters.vocabulary import Vocabulary
from services.search.servicer.search import SearchServicer
from services.search.use_cases.searched import Searched
from tests.support.samples import PNG
from tests.unit.search.test_search import Gone, Recommender, catalogue, search_over


@dataclass
class Written:
    """What reached the database."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)
    gone: bool = False
    counted: list[str] = field(default_factory=list)

    async def remember(self, searches: Sequence[tuple[str, str, str]]) -> None:
        if self.gone:
            raise Gone
        self.rows += searches

    async def popular(self) -> list[str]:
        return self.counted

    async def own(self, shopper: str, limit: int) -> list[str]:
        if self.gone:
            raise Gone
        return [typed for who, _, typed in self.rows if who == shopper][::-1][:limit]


async def test_searches_are_remembered_behind() -> None:
    database: Any = Written()
    searched = Searched(database, Vocabulary(str), 1.0)
    for typed in ("Blue  Lamp", "\x00bowl\x07", "blue lamp!", "x", "y" * 101):
        searched.note("visitors/v", typed)
    searched.note("", "nobody's")
    assert await searched.own("visitors/v") == ["blue lamp!", "bowl"]
    database.gone = True
    await searched.flush()
    database.gone = False
    await searched.flush()
    assert sorted(database.rows) == [("visitors/v", "blue lamp", "blue lamp!"), ("visitors/v", "bowl", "bowl")]
    assert await searched.own("") == []


async def test_what_is_popular_is_said_in_the_words_of_the_shop() -> None:
    database: Any = Written(counted=["lamp", "call 555 0100 for lamp", "lamp for my lamp", "bowl"])
    searched = Searched(database, catalogue()._vocabulary, 1.0)
    await searched.refresh()
    assert searched.popular == ("lamp", "lamp for my lamp")


@pytest.mark.parametrize(
    ("fields", "remembered"),
    [
        ({"query": "lamp"}, ["lamp"]),
        ({"query": "lmap"}, ["lamp"]),
        ({"query": "a sentence of nobody's"}, []),
        ({"query": "lamp", "similar_product": "products/lamp-1"}, []),
        ({"query": "lamp", "image": PNG}, []),
        ({"query": "a sentence of nobody's", "similar_product": "products/lamp-1"}, []),
    ],
)
async def test_a_search_is_remembered_when_its_words_found_something(
    fields: dict[str, Any], remembered: list[str]
) -> None:
    table = catalogue()
    database: Any = Written()
    suggest: Any = None
    searched = Searched(database, table._vocabulary, 1.0)
    servicer = SearchServicer(await search_over(Recommender(), table), suggest, searched, table._index)
    context.enter(context.CallState("a-request", principal=Principal("visitors/v", frozenset())))
    reply = await servicer.Search(pb.SearchRequest(**fields), None)
    assert reply.results
    await searched.flush()
    assert [typed for _, _, typed in database.rows] == remembered
