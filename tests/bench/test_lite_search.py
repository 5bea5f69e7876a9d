"""What a search costs in Milvus Lite: its own order, and that of local.lite_search, in turns in one process."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from milvus_lite.db import MilvusLite
from milvus_lite.engine import collection as engine
from milvus_lite.schema.types import CollectionSchema, DataType, FieldSchema

from local import lite_search
from tests.bench.conftest import show

pytestmark = pytest.mark.bench
PRODUCTS = 9_000
SIZES = {64: 28, 384: 60}
"""Of vectors, and hits wanted: a page of recommendations, and what search asks of sentences."""
QUERIES = (1, 8)
ROUNDS = 15


def items(folder: Path, dimension: int) -> Any:
    """A collection that is loaded: nine of ten products are in stock, one of a hundred was written again."""
    dice = np.random.default_rng(5)
    fields = [
        FieldSchema("product_id", DataType.VARCHAR, is_primary=True, max_length=64),
        FieldSchema("vector", DataType.FLOAT_VECTOR, dim=dimension),
        FieldSchema("in_stock", DataType.BOOL),
        FieldSchema("price", DataType.DOUBLE),
    ]
    found = MilvusLite(str(folder / "lite")).create_collection("items", CollectionSchema(fields))
    found.create_index("vector", {"index_type": "FLAT", "metric_type": "IP", "params": {}})
    found.load()
    vectors = dice.normal(size=(PRODUCTS, dimension)).astype(np.float32)
    rows = [
        {"product_id": f"p{i}", "vector": vector.tolist(), "in_stock": i % 10 > 0, "price": float(i % 100)}
        for i, vector in enumerate(vectors)
    ]
    found.upsert(rows)
    found.flush()
    found.upsert(rows[::100])
    return found


def asking(found: Any, queries: int, dimension: int, wanted: int) -> Callable[[], Any]:
    """A call with some queries."""
    vectors = np.random.default_rng(6).normal(size=(queries, dimension)).astype(np.float32).tolist()
    return lambda: found.search(
        vectors, top_k=wanted, expr="in_stock == true", output_fields=["product_id"], anns_field="vector"
    )


def took_ms(ask: Callable[[], Any], way: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> float:
    """Processor time of a call."""
    monkeypatch.setattr(engine, "execute_search_with_index", way)
    began = time.process_time()
    ask()
    return (time.process_time() - began) * 1000


def test_search_of_milvus_lite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = []
    for dimension, wanted in SIZES.items():
        found = items(tmp_path / str(dimension), dimension)
        for queries in QUERIES:
            ask = asking(found, queries, dimension, wanted)
            times = [
                [took_ms(ask, way, monkeypatch) for way in (lite_search.OWN, lite_search.search)] for _ in range(ROUNDS)
            ]
            own, ours = (statistics.median(column) for column in zip(*times, strict=True))
            rows.append([f"{dimension} x {queries}", str(wanted), f"{own:.2f}", f"{ours:.2f}", f"{own / ours:.1f}"])
    columns = ["numbers x queries", "hits", "its own ms", "ranked first ms", "times as fast"]
    show(f"Milvus Lite, a call over {PRODUCTS:,} products, processor time, median of {ROUNDS}", columns, rows)
