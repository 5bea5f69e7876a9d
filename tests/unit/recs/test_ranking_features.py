"""The ranker's features are the trainer's: golden rows of a release, and what happens where they are not."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from services.recs.domain import feature_spec
from services.recs.domain.releases import Release, State
from services.recs.servicer.messages import KINDS
from services.recs.use_cases import fitness, ranking_features
from services.recs.use_cases.ranking_rows import NOWHERE, Rows
from tests.support.shops import small_shop
from trainers.ranker import spec as trained
from trainers.ranker.config import Config
from trainers.ranker.features import Features
from trainers.two_tower.spec import FeatureSpec

SHOP = small_shop(products=60, shoppers=80)
TRAINED = FeatureSpec(64, 50)


def specification(**changed: Any) -> str:
    """A release's, as the trainer writes it."""
    ranker = trained.of(Features(SHOP.products, TRAINED, Config()), SHOP.products, Config())
    return json.dumps({**json.loads(TRAINED.to_json()), "ranker": {**ranker, **changed}})


def release(text: str, version: str = "1") -> Release:
    spec = feature_spec.parse(text, KINDS)
    return Release(1, "items_r1", 64, "1", "1", text, spec, "", "", "", State.CANDIDATE, ranker_version=version)


class Models:
    """An inference server and an index with everything that the release wants, but for what is changed."""

    def __init__(self, **changed: tuple[int, ...] | None) -> None:
        self.shapes_of: dict[str, dict[str, tuple[int, ...]]] = {
            "user_tower": {
                "history_vectors": (50, 64), "history_kinds": (50,), "history_ages_h": (50,),
                "preferred_categories": (8,), "user_vector": (64,),
            },
            "item_tower": {
                "product_id": (1,), "category_path": (4,), "brand": (1,), "price": (1,), "title_tokens": (32,),
                "attributes": (16,), "item_vector": (64,),
            },
            "ranker": {"features": (28, 13), "candidates": (28,), "newest": (10,), "scores": (28,)},
        }  # fmt: skip
        self.shapes_of["ranker"] |= {name: shape for name, shape in changed.items() if shape is not None}
        self.there = "ranker" not in changed

    async def shapes(self, model: str, _: str) -> dict[str, tuple[int, ...]] | None:
        return self.shapes_of[model] if self.there or model != "ranker" else None

    async def dimension(self, _: str) -> int:
        return 64


async def problem(made: Release, models: Models | None = None) -> str:
    asked = models or Models()
    return await fitness.problem(made, asked, asked)  # type: ignore[arg-type]


def test_golden_rows_of_the_trainer_are_found_again() -> None:
    spec = feature_spec.parse(specification(), KINDS).ranker
    assert spec is not None
    products = {str(place): facts for place, facts in enumerate(spec.golden.products)}
    rows = Rows(spec, TRAINED.max_attributes, 100)
    rows.learn(list(products), products)
    columns = rows.columns(rows.places(list(products)))
    assert [len(row.history) for row in spec.golden.rows] == [0, 1, 3, 12, 30]
    for row in spec.golden.rows:
        assert ranking_features.difference(spec, row, columns) < 1e-4
        told = np.array(row.features)
        assert (told != 0).any(0).sum() >= (8 if row.history else 2), "else the rows say nothing"


async def test_a_release_whose_features_are_computed_differently_here_is_not_fit_to_answer() -> None:
    assert await problem(release(specification())) == ""
    assert "golden row 2 is" in await problem(release(specification(prior=5.0)))
    assert "golden row" in await problem(release(specification(weights={"VIEW": 3.0})))
    assert await problem(release(specification(prior=5.0), version="")) == "", "it is not asked"


async def test_a_release_whose_ranker_is_not_there_or_takes_something_else_is_not_fit_to_answer() -> None:
    made = release(specification())
    assert "version 1 of ranker is not ready" in await problem(made, Models(ranker=None))
    assert "features of version 1 of ranker has shape" in await problem(made, Models(features=(28, 9)))
    assert await problem(made, Models(features=(-1, -1))) == "", "a dimension that is left open takes any"
    without = release(TRAINED.to_json())
    assert "says nothing of one" in await problem(without)
    assert await problem(replace(without, ranker_version=""), Models(ranker=None)) == "", "as releases of before"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"features": ["towers", "the weather"]}, "not computed here: the weather"),
        ({"features": []}, "needs `ranker.features`"),
        ({"candidates": 0}, "needs `ranker.candidates`, a number from 1"),
        ({"price_levels": {"": [3, 1]}}, "two rising prices"),
        ({"price_levels": {"c1": [1, 3]}}, "needs `ranker.price_levels` of all products"),
        ({"weights": None}, "cannot be read"),
        ({"golden": {"products": [], "rows": [{}]}}, "cannot be read: KeyError at 'history'"),
    ],
)
def test_a_specification_that_makes_no_sense_is_refused_with_a_sentence(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        feature_spec.parse(specification(**changed), KINDS)


def test_rows_are_forgotten_after_a_while_and_what_is_gone_is_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = feature_spec.parse(specification(), KINDS).ranker
    assert spec is not None
    facts, rows, now = spec.golden.products[0], Rows(spec, 16, 3), 100.0
    monkeypatch.setattr("services.recs.use_cases.ranking_rows.time.monotonic", lambda: now)
    rows.learn(["a", "b"], {"a": facts})
    assert rows.missing(["a", "b", "c", "c"]) == ["c"]
    assert rows.places(["b", "c"]) == [NOWHERE, NOWHERE]
    assert rows.columns(rows.places(["a"])).leaf[0] > 0 == rows.columns([NOWHERE]).leaf[0]
    now += 61
    assert rows.missing(["a", "b"]) == ["a", "b"]
    rows.learn(["a", "c", "d", "e"], {"a": facts, "c": facts, "d": facts, "e": facts})
    assert rows.missing(["a", "b", "c", "d", "e"]) == ["b", "e"], "no more than are kept"
