"""What was scored ahead takes the towers' place where these are gone, and is not even read where they answer."""

import numpy as np
import pytest

from services.recs.domain.events import Kind
from services.recs.domain.releases import Release
from services.recs.domain.scenarios import RetrieverName
from services.recs.domain.shopper import NOBODY, Interaction, Shopper
from services.recs.features.__main__ import said
from services.recs.features.scoring import Catalogue, ScoreShoppers
from services.recs.ports import Scored
from services.recs.use_cases.guards import Degradation
from services.recs.use_cases.position import SCORED
from tests.unit.recs.shop import RELEASE, Shop, ask, ids, product, scenario

R = RetrieverName
BEST = tuple(f"p{i}" for i in range(50, 20, -1))


def shop(**broken: bool) -> Shop:
    """60 products, of which the last 30 were scored best for the shopper, who saw two."""
    made = Shop([product(f"p{i}", in_stock=i != 48) for i in range(60)])
    made.popular = ("p1", "p2", "p3")
    made.best = Scored(BEST, tuple(1.0 - i / 100 for i in range(len(BEST))), RELEASE.number)
    made.saw("p5", "p6")
    made.broken = set(broken)
    return made


@pytest.mark.parametrize("part", ["inference", "index"])
async def test_the_list_answers_for_the_towers_by_all_rules(part: str) -> None:
    made = shop(**{part: True})
    made.saw("p49", kind=Kind.PURCHASE)
    made.saw("p47", kind=Kind.DISLIKE)
    found = await (await made.build())(ask(scenario(R.TWO_TOWER)))
    expected = [item for item in BEST if item not in {"p47", "p48", "p49"}][:10]
    assert ids(found) == expected
    assert {candidate.retriever for candidate in found.picked} == {SCORED}
    assert found.degraded == {Degradation(part)}
    assert found.personalized
    assert found.release is made.of("")


async def test_it_is_not_read_while_the_towers_answer() -> None:
    made = shop()
    found = await (await made.build())(ask(scenario(R.TWO_TOWER), size=50))
    assert {candidate.retriever for candidate in found.picked} == {R.TWO_TOWER}
    assert made.scored_reads == 0


async def test_pages_that_follow_go_on_in_the_list_and_then_to_the_popular() -> None:
    made = shop(inference=True)
    recommend = await made.build()
    first = await recommend(ask(scenario(R.TWO_TOWER), size=20))
    made.broken.clear()  # the page that follows fits the first, whatever answers by now
    second = await recommend(ask(scenario(R.TWO_TOWER), size=20, after=first.following))
    assert ids(first) + ids(second)[:9] == [item for item in BEST if item != "p48"]
    assert not set(ids(first)) & set(ids(second))


async def test_in_a_mix_it_takes_the_part_of_the_towers() -> None:
    made = shop(index=True)
    found = await (await made.build())(ask(scenario(R.TWO_TOWER, R.POPULAR), size=6))
    assert {candidate.retriever for candidate in found.picked} == {SCORED, R.POPULAR}
    assert found.degraded == {Degradation.INDEX}


@pytest.mark.parametrize("best", [Scored(), Scored(BEST, (1.0,) * len(BEST), RELEASE.number - 1)])
async def test_without_a_list_of_this_release_the_popular_answer(best: Scored) -> None:
    made = shop(inference=True)
    made.best = best
    found = await (await made.build())(ask(scenario(R.TWO_TOWER), size=3))
    assert ids(found) == ["p1", "p2", "p3"]
    assert not found.personalized


async def test_a_feature_store_that_is_gone_too_leaves_the_popular() -> None:
    made = shop(inference=True, features=True)
    found = await (await made.build())(ask(scenario(R.TWO_TOWER), size=3))
    assert ids(found) == ["p1", "p2", "p3"]
    assert found.degraded == {Degradation.INFERENCE, Degradation.FEATURES}


class World:
    """Whatever scoring asks, in memory."""

    def __init__(self) -> None:
        random = np.random.default_rng(5)
        self.vectors = random.normal(size=(40, 8)).astype(np.float32)
        self.shoppers = {
            "users/a": Shopper((Interaction("p3", 1, 1000),), frozenset({"p9"})),
            "users/b": Shopper((Interaction("p7", 1, 1000), Interaction("gone", 1, 2000)), disliked=frozenset({"p8"})),
            "users/c": Shopper(preferred_categories=("shoes",)),
            "users/nobody": NOBODY,
        }
        self.pushed: dict[str, Scored] = {}
        self.cursors: dict[str, str] = {}
        self.current: Release | None = RELEASE
        self.canary: Release | None = None
        self.asked: list[str] = []

    async def refresh(self) -> None:
        """Of ActiveRelease."""

    def of(self, _: str) -> Release | None:
        """Of ActiveRelease."""
        return self.current

    async def after(self, cursor: str, limit: int) -> tuple[set[str], str, int]:
        return (set(self.shoppers) - {"users/c"}, "1-1", 4) if not cursor else (set(), cursor, 0)

    async def profiles(self, since: str) -> set[str]:
        return set() if since in self.cursors else {"users/c"}

    async def read_many(self, shoppers: list[str]) -> dict[str, Shopper]:
        self.asked += shoppers
        return {name: self.shoppers[name] for name in shoppers}

    async def user_vector(self, _: Release, vectors: np.ndarray, *__: object) -> np.ndarray:
        return vectors.mean(0) if len(vectors) else np.ones(8, np.float32)

    async def catalogue(self, _: Release) -> Catalogue:
        in_stock = np.arange(40) % 4 != 0
        return Catalogue([f"p{i}" for i in range(40)], self.vectors, in_stock)

    async def push_scores(self, scored: dict[str, Scored]) -> None:
        self.pushed |= scored

    async def get(self, name: str) -> str:
        return self.cursors.get(name, "")

    async def set(self, name: str, cursor: str) -> None:
        self.cursors[name] = cursor


def scoring(world: World, most: int = 5) -> ScoreShoppers:
    return ScoreShoppers(world, world, world, world, world.catalogue, world, world, most)  # type: ignore[arg-type]


async def test_scoring_finds_what_the_index_would_and_leaves_out_what_may_not_be_shown() -> None:
    world = World()
    done = await scoring(world)()
    assert (done.shoppers, done.releases) == (3, (RELEASE.number,))
    assert world.pushed.keys() == {"users/a", "users/b", "users/c"}
    for name, row, left_out in (("users/a", 3, {9}), ("users/b", 7, {8})):
        scores = world.vectors @ world.vectors[row]
        order = [i for i in np.argsort(-scores).tolist() if i % 4 and i not in left_out][:5]
        assert world.pushed[name].ids == tuple(f"p{i}" for i in order)
        assert world.pushed[name].scores == pytest.approx(scores[order].tolist(), rel=1e-3)


async def test_scoring_asks_again_only_for_those_to_whom_something_happened_until_another_release_answers() -> None:
    world = World()
    await scoring(world)()
    world.asked.clear()
    assert (await scoring(world)()).shoppers == 0
    assert world.asked == []
    world.current = Release(**{**vars(RELEASE), "number": RELEASE.number + 1})
    assert (await scoring(world)()).shoppers == 3
    assert {best.release for best in world.pushed.values()} == {RELEASE.number + 1}


async def test_a_command_that_scored_nobody_says_why_and_what_to_do() -> None:
    world = World()
    assert said(await scoring(world)()) == f"3 shoppers scored by release {RELEASE.number}"
    assert f"since release {RELEASE.number} scored them" in said(await scoring(world)())
    world.current = None
    assert "No release answers yet" in (nobody := said(await scoring(world)()))
    assert "make retrain" in nobody
