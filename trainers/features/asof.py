"""The rows of a view's file as they were known at a moment.

What Feast's `get_historical_features` gives (held to it by a test), by pandas' `merge_asof`: Feast's file store pairs
each label with every row of its shopper, histories and all, before it chooses.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.parquet as parquet

from trainers.datasets.tables import Ints
from trainers.features.errors import FeatureError

NONE = -1
"""Nothing was known."""


@dataclass(frozen=True)
class Source:
    """What a view's definition says of its file."""

    file: Path
    key: str
    """Column of the shopper or product."""
    time: str
    """Column of the moment from which a row is known."""
    lifetime_us: int | None
    """Microseconds after which a row is known no more; None for never."""
    features: tuple[str, ...]

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Says of which file it was that something could not be read.

        Raises:
            FeatureError: in place of what pyarrow raises.
        """
        try:
            yield
        except (OSError, ValueError, pa.ArrowException) as error:
            raise FeatureError(f"{self.file} cannot be read: {error}") from error


class Times:
    """Since when each row of some shoppers or products was known."""

    def __init__(self, source: Source, parts: Iterable[pa.RecordBatch], names: Sequence[str]) -> None:
        """Takes them out of a file, part by part.

        Args:
            source: of the file.
            parts: all its rows in their order, with at least the columns key and time.
            names: of the shoppers or products, each once.
        """
        wanted, begin = pa.array(names, pa.string()), 0
        who, micros, rows = [], [], []
        for part in parts:
            number = compute.fill_null(compute.index_in(part[source.key], wanted), NONE).to_numpy()
            there = np.flatnonzero(number != NONE)
            who.append(number[there].astype(np.int64))
            micros.append(micros_of(pa.chunked_array([part[source.time]]))[there])
            rows.append(there + begin)
            begin += len(part)
        nothing = np.zeros(0, np.int64)
        self._lifetime_us = source.lifetime_us
        self.known = pd.DataFrame(
            {name: np.concatenate([nothing, *own]) for name, own in (("who", who), ("micros", micros), ("row", rows))}
        ).sort_values("micros", kind="stable")
        """Columns who (place in the names), micros (since 1970) and row (of the file), by time."""

    def at(self, who: Ints, micros: Ints) -> Ints:
        """The row that was known last of each at its moment; NONE where none was.

        Args:
            who: places in the names [asked].
            micros: moments in microseconds since 1970 [asked].
        """
        asked = pd.DataFrame({"who": who, "micros": micros, "asked": np.arange(len(who))})
        found = pd.merge_asof(
            asked.sort_values("micros", kind="stable"),
            self.known,
            on="micros",
            by="who",
            tolerance=self._lifetime_us,
        ).sort_values("asked")
        return found["row"].fillna(NONE).to_numpy(np.int64)


class Rows(Times):
    """Rows of a view's file, with their features."""

    def __init__(self, source: Source, names: Sequence[str]) -> None:
        """Reads those of some shoppers or products, whose features lie in memory.

        Raises:
            FeatureError: the file cannot be read.
        """
        wanted = compute.field(source.key).isin(pa.array(names, pa.string()))
        columns = [source.key, source.time, *source.features]
        with source.reading():
            table = parquet.read_table(source.file, columns=columns, filters=wanted).combine_chunks()
        super().__init__(source, table.select([source.key, source.time]).to_batches(), names)
        self.features = table.select(list(source.features))


def micros_of(column: pa.ChunkedArray) -> Ints:
    """Times in microseconds since 1970."""
    utc = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
    return np.asarray(utc.cast(pa.int64()).to_numpy(), np.int64)
