"""What a release learns from is what the views hold: the step of the pipeline that sees to it.

Trainings cut histories out of the log, as sequences, which no join would give in that time. So before one begins, the
history of every moment at which a shopper did something is held to the view's row of just before it.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.parquet as parquet
from numpy.typing import NDArray

from trainers.datasets import Shop
from trainers.datasets.tables import Ints
from trainers.features import log
from trainers.features.asof import NONE, Source, Times, micros_of
from trainers.features.errors import FeatureError, LeakError
from trainers.features.log import Log
from trainers.features.views import AS_OF, FADING, Views

HISTORY, PROFILE = "shopper_history", "shopper_profile"
UNLIKE_SHARE = 0.01
"""Of the shoppers whose histories may differ, and are left out: visitors log in, and events come late, while log and
views are read one after the other."""
UNLIKE_FEWEST = 5
"""So many may differ in the smallest shop."""
AT_ONCE = 20_000
"""Histories compared together: fifty events each, some 40 MB of ids."""
AGAIN = "Write the files of the views anew (python -m local features build)"
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Held:
    """What was held to the views."""

    histories: int
    """As of every moment at which a shopper did something."""
    shoppers: int
    shoppers_left_out: int
    """Whose events changed while log and views were read."""
    events_left_out: int
    """Newer than the views: they wait for the next release."""
    rows: dict[str, int]
    """Of the views whose rows were looked at for what came after them."""
    until: float
    """Time of the newest event that is learned from, in seconds since 1970."""

    def report(self) -> dict[str, Any]:
        """For the report of a release."""
        return asdict(self)

    def __str__(self) -> str:
        said = f"{self.histories:,} histories of {self.shoppers:,} shoppers held to the views; none tells of later"
        if self.shoppers_left_out:
            said += f"; {self.shoppers_left_out:,} shoppers, whose events changed meanwhile, are left out"
        if self.events_left_out:
            said += f"; {self.events_left_out:,} events are newer than the views and wait for the next release"
        return said


def hold(shop: Shop, events_file: Path, length: int, views: Views) -> tuple[Shop, Held]:
    """What of the shop may be learned from, and what was checked; preferences are those of the view.

    Args:
        shop: as it was extracted.
        events_file: the extract's events.parquet.
        length: events of a history.
        views: of the shop, written after the extract.

    Raises:
        LeakError: a row of a view tells of what happened after it, or histories are not those of the log.
        FeatureError: the views cannot be read, or hold nothing.
        DataError: the events cannot be read.
    """
    rows = {name: stamped(views.source(name), name) for name in (HISTORY, FADING)}
    whole = log.read(events_file)
    newest = _newest(views.source(HISTORY))
    if len(whole) and newest is None:
        raise FeatureError(f"The views hold no history yet, and the log does. {AGAIN}.")
    known = whole.where(whole.micros <= (newest or 0))
    unlike = differing(known, length, views.source(HISTORY))
    names = [name for name, other in zip(known.shoppers, unlike, strict=True) if other]
    there = int((np.diff(known.starts) > 0).sum())
    if len(names) > max(UNLIKE_FEWEST, UNLIKE_SHARE * there):
        raise LeakError(
            f"The histories of {len(names):,} of {there:,} shoppers differ from the view, {names[0]}'s among them: "
            f"models would learn from what serving never saw. {AGAIN}, and extract again."
        )
    events, until = shop.events, (newest or 0) / 1e6
    out = np.isin(np.array(events.users, dtype=str), names)[events.user] if len(events) else np.zeros(0, bool)
    kept = ~out & (np.round(events.time * 1e6) <= (newest or 0))
    if not kept.all():
        shop = replace(shop, events=events.where(kept))
    held = Held(len(known.moments), there, len(names), len(whole) - len(known), rows, until)
    return _as_stated(shop, views.source(PROFILE)), held


def stamped(source: Source, view: str) -> int:
    """Looks at every row of a view's file for what came after it; returns how many there are.

    Raises:
        LeakError: one tells of later.
        FeatureError: the file cannot be read.
    """
    told = AS_OF if view == FADING else "times_ms"
    rows = 0
    with source.reading():
        for batch in _batches(source, [source.key, source.time, told]):
            table = pa.Table.from_batches([batch])
            late = _latest(table[told]) - (micros_of(table[source.time]) + 500) // 1000
            if len(found := np.flatnonzero(late > 0)):
                name = table[source.key][int(found[0])].as_py()
                when = table[source.time][int(found[0])].as_py()
                raise LeakError(
                    f"{view} has rows that tell of what happened after them: that of {name} at {when} knows of "
                    f"{late[found[0]] / 1000:,.3f} s later. Nothing learns from these. {AGAIN}."
                )
            rows += len(table)
    return rows


def differing(known: Log, length: int, source: Source) -> Bools:
    """Which shoppers' histories the view tells otherwise than the log, at any moment of theirs.

    The file is read in parts, since its histories are larger than memory: which row each moment is held to is settled
    before, by its times alone. It is opened once, so that both are of the same file where the shop writes it anew.

    Raises:
        FeatureError: the file cannot be read.
    """
    unlike = np.zeros(len(known.shoppers), bool)
    if not len(known):
        return unlike
    with source.reading(), parquet.ParquetFile(source.file) as file:
        times = Times(source, file.iter_batches(AT_ONCE, columns=[source.key, source.time]), known.shoppers)
        at = times.at(known.shopper[known.moments], known.micros[known.moments] - 1)
        order = np.argsort(at, kind="stable")
        moments, at = known.moments[order], at[order]
        first = moments[: np.searchsorted(at, NONE, "right")]
        unlike[known.shopper[first[first != known.starts[known.shopper[first]]]]] = True
        products, begin = pa.array(known.products, pa.string()), 0
        for part in file.iter_batches(AT_ONCE, columns=list(_Columns.READ)):
            these = slice(*np.searchsorted(at, [begin, begin + len(part)]))
            same = _same(known, moments[these], _Columns.of(part, products), at[these] - begin, length)
            unlike[known.shopper[moments[these][~same]]] = True
            begin += len(part)
    return unlike | _crowded(known, times)


@dataclass(frozen=True)
class _Columns:
    """The lists of a part's rows, one behind the other."""

    READ: ClassVar = ("product_ids", "kinds", "times_ms")
    begins: Ints
    ends: Ints
    product: Ints
    """As the log numbers them; -1 for one that it does not know."""
    kind: Ints
    times_ms: Ints

    @staticmethod
    def of(part: pa.RecordBatch, products: pa.Array) -> "_Columns":
        product, kind, times = (part[name] for name in _Columns.READ)
        offsets = product.offsets.to_numpy()
        codes = compute.fill_null(compute.index_in(product.values, products), -1)
        flat = (
            np.asarray(column.to_numpy(zero_copy_only=False), np.int64) for column in (codes, kind.values, times.values)
        )
        return _Columns(offsets[:-1].astype(np.int64), offsets[1:].astype(np.int64), *flat)


def _same(known: Log, moments: Ints, columns: _Columns, at: Ints, length: int) -> Bools:
    """Whether the log's newest events before each moment are those of the part's row [moments]."""
    sizes = np.minimum(moments - known.starts[known.shopper[moments]], length)
    begins, ends = columns.begins[at], columns.ends[at]
    theirs = np.minimum(ends - begins, length)
    same: Bools = sizes == theirs
    which = np.repeat(np.arange(len(moments)), np.where(same, sizes, 0))
    within = np.arange(len(which)) - np.searchsorted(which, which)
    ours, view = (moments - sizes)[which] + within, (ends - theirs)[which] + within
    equal = (
        (known.product[ours] == columns.product[view])
        & (known.kind[ours] == columns.kind[view])
        & ((known.micros[ours] + 500) // 1000 == columns.times_ms[view])
    )
    same[which[~equal]] = False
    return same


def _crowded(known: Log, times: Times) -> Bools:
    """Which shoppers have another number of rows, before their last moment, than the log has moments."""
    last = known.starts[1:] - 1
    shopper = times.known["who"].to_numpy()
    before = times.known["micros"].to_numpy() < known.micros[last[shopper]]
    count = np.bincount(shopper[before], minlength=len(known.shoppers))
    moments = np.bincount(known.shopper[known.moments], minlength=len(known.shoppers))
    unlike: Bools = count != np.maximum(moments - 1, 0)
    return unlike


def _latest(column: pa.ChunkedArray) -> Ints:
    """The latest time of each row; 0 where it tells of none."""
    if not pa.types.is_list(column.type):
        return np.asarray(compute.fill_null(column, 0).to_numpy(), np.int64)
    latest = np.zeros(len(column), np.int64)
    times = compute.list_flatten(column).to_numpy(zero_copy_only=False)
    np.maximum.at(latest, compute.list_parent_indices(column).to_numpy(), times)
    return latest


def _newest(source: Source) -> int | None:
    """Microseconds since 1970 of the newest row."""
    times = [micros_of(pa.chunked_array([batch.column(0)])) for batch in _batches(source, [source.time])]
    return max((int(some.max()) for some in times if len(some)), default=None)


def _batches(source: Source, columns: list[str]) -> Iterator[pa.RecordBatch]:
    yield from parquet.ParquetFile(source.file).iter_batches(columns=columns)


def _as_stated(shop: Shop, source: Source) -> Shop:
    """The shop with what each shopper stated last, and since when serving knew it."""
    table = parquet.read_table(source.file, columns=[source.key, source.time, "preferred_categories"])
    micros = micros_of(table[source.time])
    names, chosen = table[source.key].to_pylist(), table["preferred_categories"].to_pylist()
    last = {names[i]: i for i in np.argsort(micros, kind="stable").tolist() if chosen[i] is not None}
    stated = {name: tuple(chosen[i]) for name, i in last.items() if chosen[i]}
    return replace(shop, preferences=stated, preferred_since={name: micros[last[name]] / 1e6 for name in stated})
