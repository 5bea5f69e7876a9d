"""Budgets, gathered searches, page positions, and pages that are filled."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextvars import ContextVar

import numpy as np
import pytest
from aisle.catalog.v1.product_pb2 import Product

from services.kit.coalescing import Coalescer
from services.kit.errors import InvalidArgument
from services.recs.domain.candidates import Candidate
from services.recs.ports import PopularProducts
from services.recs.use_cases import position
from services.recs.use_cases.eligibility import Rules
from services.recs.use_cases.fill import Page, fill
from services.recs.use_cases.guards import Degradation, Down, Guard
from services.recs.use_cases.hydration import Hydration, Snapshots
from services.recs.use_cases.position import Position
from services.recs.use_cases.retrievers import POPULAR_PART, Popular


async def fails() -> None:
    raise OSError


async def hangs() -> None:
    await asyncio.sleep(10)


async def answers() -> int:
    return 1


async def test_a_part_that_failed_is_left_alone_and_tried_again() -> None:
    guard = Guard(Degradation.INDEX, budget_s=0.02, pause_s=0.1, tolerated=2)
    for work in (hangs, fails):
        with pytest.raises(Down):
            await guard(work)
    with pytest.raises(Down):
        await guard(answers)  # not even asked
    await asyncio.sleep(0.11)
    assert await guard(answers) == 1
    with pytest.raises(Down):
        await guard(fails)
    assert await guard(answers) == 1  # one failure is none


async def test_an_error_for_the_caller_is_no_failure_of_the_part() -> None:
    guard = Guard(Degradation.CATALOG, budget_s=1, pause_s=10, tolerated=1)

    async def refuses() -> None:
        raise InvalidArgument.field("page_token", "is wrong")

    for _ in range(3):
        with pytest.raises(InvalidArgument):
            await guard(refuses)


async def test_questions_that_wait_go_together_and_one_alone_goes_at_once() -> None:
    batches: list[tuple[str, list[int]]] = []

    async def ask(kind: str, numbers: Sequence[int]) -> list[str]:
        batches.append((kind, list(numbers)))
        await asyncio.sleep(0.01)
        return [f"{kind}{number}" for number in numbers]

    coalesced = Coalescer(ask, in_flight=1, together=3)
    found = await asyncio.gather(*(coalesced("a", i) for i in range(5)), coalesced("b", 0))
    assert found == ["a0", "a1", "a2", "a3", "a4", "b0"]
    assert batches == [("a", [0, 1, 2]), ("b", [0]), ("a", [3, 4])]


async def test_questions_of_one_call_weigh_no_more_than_it_takes() -> None:
    batches: list[list[str]] = []

    async def ask(_: str, words: Sequence[str]) -> list[int]:
        batches.append(list(words))
        await asyncio.sleep(0.01)
        return [len(word) for word in words]

    coalesced = Coalescer(ask, in_flight=1, together=5, weight=len)
    assert await asyncio.gather(*(coalesced("", word) for word in ("abc", "ab", "a", "abcdefgh", "b"))) == [
        3,
        2,
        1,
        8,
        1,
    ]
    assert batches == [["abc", "ab"], ["a"], ["abcdefgh"], ["b"]]


async def test_a_question_alone_keeps_its_callers_context_and_those_together_have_none() -> None:
    caller = ContextVar("caller", default="nobody")

    async def ask(_: str, numbers: Sequence[int]) -> list[str]:
        await asyncio.sleep(0.01)
        return [caller.get() for _ in numbers]

    coalesced = Coalescer(ask, in_flight=1, together=8)

    async def call(name: str) -> str:
        caller.set(name)
        return await coalesced("", 0)

    assert await asyncio.gather(*map(call, "abc")) == ["nobody"] * 3
    assert await asyncio.gather(call("d")) == ["d"]


async def test_a_caller_that_leaves_takes_no_other_with_it() -> None:
    asked: list[int] = []

    async def ask(_: str, numbers: Sequence[int]) -> list[int]:
        asked.extend(numbers)
        await asyncio.sleep(0.02)
        return list(numbers)

    coalesced = Coalescer(ask, in_flight=1, together=1)
    calls = [asyncio.create_task(coalesced("", i)) for i in range(3)]
    await asyncio.sleep(0.005)
    calls[0].cancel()
    calls[1].cancel()
    assert await calls[2] == 2
    assert asked == [0, 2]


async def test_a_call_that_fails_fails_for_all_that_went_with_it() -> None:
    async def ask(_: str, numbers: Sequence[int]) -> list[int]:
        raise OSError

    coalesced = Coalescer(ask, in_flight=1, together=8)
    results = await asyncio.gather(*(coalesced("", i) for i in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [OSError] * 3


def test_a_position_survives_its_token_and_a_forged_one_is_refused() -> None:
    vector = position.rounded(np.linspace(-1, 1, 64, dtype=np.float32))
    shown = position.remembered((), [f"p{i}" for i in range(1000)])
    given = Position(3, "two_tower", 40, 0.25, "", vector, ("similar",), shown, 12, ("similar",), 5, 7)
    read = position.from_json(given.to_json())
    assert read is not None
    assert (read.release, read.rank, read.score, read.finished, read.shown) == (3, 40, 0.25, ("similar",), shown)
    assert (read.left, read.stopped, read.passed, read.passed_before) == (12, ("similar",), 5, 7)
    assert read.vector is not None
    assert np.array_equal(read.vector, vector)
    for forged in (
        {"v": "!"},
        {"n": -1},
        {"f": "other"},
        {"s": "NaN"},
        {"d": 3},
        {"e": ["other"]},
        {"h": "AAA="},
        {"r": 2**60},
        {"t": 5},
        {"l": 301},
        {"p": "1"},
    ):
        with pytest.raises(InvalidArgument):
            position.from_json({**given.to_json(), **forged})


class Some:
    """A retriever of fixed candidates."""

    def __init__(self, name: str, items: list[str], complete: bool = False, broken: bool = False) -> None:
        self.name, self.items, self.complete, self.broken = name, items, complete, broken

    async def candidates(self, after: Position | None) -> AsyncIterator[list[Candidate]]:
        start = after.rank if after else 0
        yield [Candidate(item, self.name, i + 1, 0.0) for i, item in enumerate(self.items) if i >= start]
        if self.broken:
            raise Down(Degradation.INDEX)

    async def covers(self, ids: Sequence[str]) -> set[str]:
        return set(ids) & set(self.items)


class Shelf:
    """A catalogue of products in memory."""

    def __init__(self, *gone: str) -> None:
        self.gone, self.calls = set(gone), 0

    async def get(self, ids: Sequence[str]) -> dict[str, Product]:
        self.calls += 1
        return {item: Product(name=f"products/{item}", in_stock=item not in self.gone) for item in ids}

    async def newest(self, filter_text: str, page_token: str) -> tuple[list[Product], str]:
        return [], ""


async def filled(
    size: int, plan: Sequence[Some], shelf: Shelf, excluded: frozenset[str] = frozenset()
) -> tuple[Page, set[Degradation]]:
    degraded: set[Degradation] = set()
    guard = Guard(Degradation.CATALOG, 1, 1, 3)
    hydrate = Hydration(shelf, guard, Snapshots(100), degraded)
    rules = Rules(excluded, frozenset(), frozenset(), None, "", 0)
    page = Page(size)
    await fill(page, plan, None, rules, hydrate, degraded)
    return page, degraded


def picked(page: Page) -> list[str]:
    return [candidate.product_id for candidate in page.picked]


async def test_a_page_is_filled_from_one_retriever_after_the_other() -> None:
    plan = [Some("two_tower", ["a", "b", "c"]), Some("popular", ["b", "d", "e"]), Some("newest", ["e", "f", "g"])]
    page, degraded = await filled(5, plan, Shelf("c"), frozenset({"a"}))
    assert picked(page) == ["b", "d", "e", "f", "g"]
    assert (page.finished, degraded) == (["two_tower", "popular"], set())


async def test_a_retriever_that_breaks_is_named_and_the_next_goes_on() -> None:
    plan = [Some("two_tower", ["a"], broken=True), Some("popular", ["a", "b"])]
    page, degraded = await filled(5, plan, Shelf())
    assert (picked(page), degraded, page.last) == (["a", "b"], {Degradation.INDEX}, None)


async def test_after_a_complete_retriever_only_the_last_resort_is_tried() -> None:
    plan = [Some("two_tower", ["a"], complete=True), Some("popular", ["b"]), Some("newest", ["a", "c"], complete=True)]
    page, _ = await filled(5, plan, Shelf())
    assert picked(page) == ["a", "c"]


async def test_few_calls_find_the_one_product_that_may_be_shown() -> None:
    items = [f"p{i}" for i in range(500)]
    shelf = Shelf(*items[:-1])
    page, _ = await filled(2, [Some("popular", items)], shelf)
    assert picked(page) == ["p499"]
    assert shelf.calls < 10


@pytest.mark.parametrize("shown", [0, 150])
async def test_a_long_list_of_popular_products_comes_in_parts(shown: int) -> None:
    """A page takes a few of them: the others are not put together for it."""
    ids = tuple(f"p{i}" for i in range(1, 2 * POPULAR_PART + 100))
    popular = Popular(PopularProducts(3, ids, tuple(1.0 / i for i in range(1, len(ids) + 1))))
    after = Position(retriever="popular", rank=shown, score=0.5) if shown else None
    parts = [part async for part in popular.candidates(after)]
    assert len(parts[0]) == POPULAR_PART
    found = [candidate for part in parts for candidate in part]
    assert [candidate.product_id for candidate in found] == list(ids[shown:])
    assert [candidate.rank for candidate in found] == list(range(shown + 1, len(ids) + 1))
