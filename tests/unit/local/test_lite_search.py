"""Milvus Lite's search in another order finds what its own finds, whatever was written, deleted and flushed before."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from milvus_lite.db import MilvusLite
from milvus_lite.engine import collection as engine
from milvus_lite.schema.types import CollectionSchema, DataType, FieldSchema

from local import lite_search

DIMENSION = 8
KEYS = 300
METRICS = ("IP", "COSINE", "L2")
FILTERS = (None, "in_stock == true", "price < 20", "price < 0", "in_stock == true and price > 50")


@pytest.fixture(params=["IP"])
def items(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """An empty collection with an index of some metric, loaded."""
    lite = MilvusLite(str(tmp_path / "lite"))
    fields = [
        FieldSchema("product_id", DataType.VARCHAR, is_primary=True, max_length=64),
        FieldSchema("vector", DataType.FLOAT_VECTOR, dim=DIMENSION),
        FieldSchema("in_stock", DataType.BOOL),
        FieldSchema("price", DataType.DOUBLE),
    ]
    found = lite.create_collection("items", CollectionSchema(fields))
    found.create_index("vector", {"index_type": "FLAT", "metric_type": request.param, "params": {}})
    found.load()
    yield found
    lite.close()


@pytest.fixture(params=range(2))
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Chance that is the same each time."""
    return random.Random(request.param)


def row(dice: random.Random, key: int) -> dict[str, Any]:
    """A product."""
    vector = [dice.gauss(0, 1) for _ in range(DIMENSION)]
    return {"product_id": f"p{key}", "vector": vector, "in_stock": dice.random() < 0.8, "price": dice.uniform(1, 100)}


def something(dice: random.Random, items: Any) -> None:
    """One of the things that happen to an index."""
    keys = dice.sample(range(KEYS), dice.choice((1, 5, 60)))
    match dice.choice(("upsert", "upsert", "delete", "flush")):
        case "upsert":
            items.upsert([row(dice, key) for key in keys])
        case "delete":
            items.delete([f"p{key}" for key in keys[: len(keys) // 2 + 1]])
        case "flush":
            items.flush()


def both(monkeypatch: pytest.MonkeyPatch, items: Any, **question: Any) -> tuple[list[Any], list[Any]]:
    """What each way finds: ids, and distances that are as good as the same."""

    def ask() -> list[Any]:
        answers = items.search(output_fields=["product_id"], anns_field="vector", **question)
        return [
            [(hit["id"], pytest.approx(hit["distance"], abs=1e-5), hit["entity"]) for hit in hits] for hits in answers
        ]

    own = ask()
    with monkeypatch.context() as patch:
        patch.setattr(engine, "execute_search_with_index", lite_search.search)
        return own, ask()


@pytest.mark.parametrize("items", METRICS, indirect=True)
def test_finds_the_same_after_each_of_many_writes(
    items: Any, dice: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    items.upsert([row(dice, key) for key in range(KEYS)])
    for _ in range(30):
        something(dice, items)
        queries = np.array([[dice.gauss(0, 1) for _ in range(DIMENSION)] for _ in range(dice.choice((1, 3)))])
        own, ours = both(
            monkeypatch,
            items,
            query_vectors=queries.astype(np.float32).tolist(),
            top_k=dice.choice((1, 10, 100, 2 * KEYS)),
            expr=dice.choice(FILTERS),
        )
        assert ours == own


def test_rows_that_no_longer_count_do_not_take_the_places_of_others(
    items: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearest hundred were replaced by vectors that are far away, or deleted: the first depth is not enough."""
    dice = random.Random(9)
    query = [1.0] + [0.0] * (DIMENSION - 1)
    near = [row(dice, key) | {"vector": [2 + key / KEYS] + [0.0] * (DIMENSION - 1)} for key in range(KEYS)]
    items.upsert(near)
    items.flush()
    far = [{**product, "vector": [-1.0] * DIMENSION} for product in near[-60:]]
    items.upsert(far[:30])
    items.flush()
    items.upsert(far[30:])
    items.delete([product["product_id"] for product in near[-120:-60]])
    own, ours = both(monkeypatch, items, query_vectors=[query], top_k=10, expr="price > 0")
    assert ours == own
    assert [key for key, *_ in ours[0]] == [f"p{key}" for key in range(KEYS - 121, KEYS - 131, -1)]


def test_an_empty_collection_has_nothing(items: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    own, ours = both(monkeypatch, items, query_vectors=[[0.0] * DIMENSION] * 2, top_k=5)
    assert ours == own == [[], []]


def test_other_questions_go_to_its_own_search(items: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows with more than the key are not this search's business."""
    items.upsert([row(random.Random(1), key) for key in range(50)])
    question = {"query_vectors": [[1.0] * DIMENSION], "top_k": 3, "output_fields": ["price"]}
    own = items.search(**question)
    monkeypatch.setattr(engine, "execute_search_with_index", lite_search.search)
    assert items.search(**question) == own
    assert all(hit["entity"].keys() == {"price"} for hit in own[0])
