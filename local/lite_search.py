"""The search of Milvus Lite for a shop's questions: rank first, then see which of the best still count.

Milvus Lite 3.2 asks of every row, in a loop of Python, whether a newer write or a deletion of its key stands elsewhere
before it ranks any, copies the vectors that a filter leaves, and makes a whole row, vector included, of each hit. Here
the vectors are multiplied where they lie, and only the best rows are asked. What is found is the same
(tests/unit/local/test_lite_search.py compares both). Questions of another kind go to Milvus Lite's own search.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from milvus_lite.engine import collection
from milvus_lite.index.brute_force import BruteForceIndex
from milvus_lite.search import executor_indexed
from milvus_lite.search.distance import METRIC_IP, compute_distances
from milvus_lite.search.filter import evaluate_mask
from milvus_lite.search.indexed_filter import evaluate_segment_filter
from numpy.typing import NDArray

OWN = executor_indexed.execute_search_with_index
SLACK = 16
"""Rows beyond those wanted that are ranked at first: some may no longer count."""

Hit = dict[str, Any]
Key = Any
"""Of a row: a string or a whole number."""


@dataclass(frozen=True)
class Source:
    """Rows of a segment, or those that are not flushed yet."""

    keys: Sequence[Key]
    writes: NDArray[np.uint64]
    """Numbers of the writes that made the rows [rows]; the greatest of a key is the newest."""
    vectors: NDArray[np.float32]
    """[rows, dimension]"""
    passes: NDArray[np.bool_] | None
    """[rows] what the filter keeps; None for everything."""


@dataclass(frozen=True)
class Ranked:
    """The nearest rows of one source for each query, nearest first."""

    rows: NDArray[np.int64]
    """[queries, depth]"""
    distances: NDArray[np.float32]
    """[queries, depth], infinite where nothing is left."""
    whole: bool
    """Whether no row was left out."""


def install() -> None:
    """Has this process' Milvus Lite search in this order."""
    collection.execute_search_with_index = search


def search(**question: Any) -> list[list[Hit]]:
    """What `milvus_lite.search.executor_indexed.execute_search_with_index` takes and returns."""
    segments = [segment for segment in question["segments"] if segment.num_rows]
    if not _keys_alone(question) or not all(_plain(segment, question) for segment in segments):
        return list(OWN(**question))
    where, vector_field = question["compiled_filter"], question["vector_field"]
    memtable = question["memtable"]
    sources = [_segment(segment, vector_field, where, question["indexed_filter_plan"]) for segment in segments]
    unflushed = _unflushed(memtable, vector_field, where)
    counts = _counting(segments, unflushed, question["delta_index"], memtable.delete_index_snapshot())
    distances = [_distances(each, question["query_vectors"], question["metric_type"]) for each in (*sources, unflushed)]
    return _best([*sources, unflushed], distances, counts, question["top_k"])


def _keys_alone(question: Mapping[str, Any]) -> bool:
    """Whether the hits' keys are all that is asked for."""
    return question["output_fields"] == [question["pk_field"]] and not question["partition_names"]


def _plain(segment: Any, question: Mapping[str, Any]) -> bool:
    """Whether the index looks at all rows, and each key stands there once."""
    index = segment.indexes.get(question["vector_field"])
    exact = index is None or (isinstance(index, BruteForceIndex) and index.metric == question["metric_type"])
    return exact and len(segment.pk_to_row) == segment.num_rows


def _segment(segment: Any, vector_field: str, where: Any, plan: Any) -> Source:
    vectors, passes = segment.vector_data(vector_field)
    if where is not None:
        kept = evaluate_segment_filter(segment, where, plan).astype(bool, copy=False)
        passes = kept if passes is None else kept & passes
    return Source(segment.pks, segment.seqs, vectors, passes)


def _unflushed(memtable: Any, vector_field: str, where: Any) -> Source:
    keys, writes, vectors, _, table = memtable.to_search_snapshot(
        vector_field=vector_field, partition_names=None, include_table=where is not None
    )
    passes = evaluate_mask(where, table).astype(bool, copy=False) if where is not None and keys else None
    return Source(keys, writes, vectors, passes)


def _counting(
    segments: Sequence[Any], unflushed: Source, deleted: Any, deleted_unflushed: dict[Key, tuple[int, Any]]
) -> Callable[[Key, int], bool]:
    """Whether the row that a write made of a key is the newest, and not deleted since."""
    newest_unflushed = dict(zip(unflushed.keys, unflushed.writes.tolist(), strict=True))

    def writes(key: Key) -> Iterator[int]:
        yield newest_unflushed.get(key, -1)
        yield deleted_unflushed.get(key, (-1, None))[0]
        for segment in segments:
            if (row := segment.pk_to_row.get(key)) is not None:
                yield int(segment.seqs[row])

    return lambda key, write: write >= max(writes(key)) and not deleted.is_deleted(key, write)


def _best(
    sources: Sequence[Source],
    distances: Sequence[NDArray[np.float32]],
    counts: Callable[[Key, int], bool],
    wanted: int,
) -> list[list[Hit]]:
    depth = wanted + SLACK
    while True:
        ranked = [_rank(each, depth) for each in distances]
        found = [_merged(sources, ranked, counts, query, wanted) for query in range(len(distances[0]))]
        if all(hits is not None for hits in found):
            return [hits or [] for hits in found]
        depth *= 4


def _distances(source: Source, queries: NDArray[np.float32], metric: str) -> NDArray[np.float32]:
    """[queries, rows], infinite for what the filter leaves out."""
    if not len(source.keys):
        return np.zeros((len(queries), 0), np.float32)
    if metric == METRIC_IP:
        # BLAS packs its right side anew for each product: the few queries take half the time there of the many rows.
        found = np.ascontiguousarray(-(source.vectors @ queries.T).T)
    else:
        found = compute_distances(queries, source.vectors, metric)
    if source.passes is not None:
        found[:, ~source.passes] = np.inf
    return found


def _rank(distances: NDArray[np.float32], depth: int) -> Ranked:
    whole = depth >= distances.shape[1]
    rows = np.argsort(distances, 1) if whole else np.argpartition(distances, depth, 1)[:, :depth]
    rows = np.take_along_axis(rows, np.argsort(np.take_along_axis(distances, rows, 1), 1), 1)
    return Ranked(rows, np.take_along_axis(distances, rows, 1), whole)


def _merged(
    sources: Sequence[Source],
    ranked: Sequence[Ranked],
    counts: Callable[[Key, int], bool],
    query: int,
    wanted: int,
) -> list[Hit] | None:
    """The nearest rows that count; None if a row that was not ranked could be among them."""
    sure = min((each.distances[query, -1] for each in ranked if not each.whole), default=np.inf)
    nearest = sorted(
        (distance, source, row)
        for source, each in enumerate(ranked)
        for distance, row in zip(each.distances[query].tolist(), each.rows[query].tolist(), strict=True)
        if distance != np.inf
    )
    hits: list[Hit] = []
    for distance, source, row in nearest:
        if len(hits) == wanted:
            break
        if distance > sure:
            return None
        key = sources[source].keys[row]
        if counts(key, int(sources[source].writes[row])):
            hits.append({"id": key, "distance": distance, "entity": {}})
    return hits if len(hits) == wanted or sure == np.inf else None
