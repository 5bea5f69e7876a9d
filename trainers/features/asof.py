"""The rows of a view's file as they were known at a moment.

What Feast's `get_historical_features` gives (held to it by a test), by pandas' `merge_asof`: Feast's file store pairs
each label with every row of its shopper, histories and all, before it chooses.
"""

from collections.abc import Sequence
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


class Rows:
    """Rows of a view's file."""

    def __init__(self, source: Source, names: Sequence[str]) -> None:
        """Reads those of some shoppers or products.

        Raises:
            FeatureError: the file cannot be read.
        """
        wanted = compute.field(source.key).isin(pa.array(sorted(set(names)), pa.string()))
        columns = [source.key, source.time, *source.features]
        try:
            table = parquet.read_table(source.file, columns=columns, filters=wanted).combine_chunks()
        except (OSError, ValueError, pa.ArrowException) as error:
            raise FeatureError(f"{source.file} cannot be read: {error}") from error
        self._lifetime_us = source.lifetime_us
        self.features = table.select(list(source.features))
        self.known = pd.DataFrame(
            {
                "name": table[source.key].to_pandas().astype(object),
                "micros": micros_of(table[source.time]),
                "row": np.arange(table.num_rows),
            }
        ).sort_values("micros", kind="stable")
        """Columns name, micros (since 1970) and row, by time."""

    def at(self, names: Sequence[str], micros: Ints) -> Ints:
        """The row of each name that was known last at its moment, in microseconds since 1970; NONE where none was."""
        asked = pd.DataFrame({"name": pd.Series(names, dtype=object), "micros": micros, "asked": np.arange(len(names))})
        found = pd.merge_asof(
            asked.sort_values("micros", kind="stable"),
            self.known,
            on="micros",
            by="name",
            tolerance=self._lifetime_us,
        ).sort_values("asked")
        return found["row"].fillna(NONE).to_numpy(np.int64)


def micros_of(column: pa.ChunkedArray) -> Ints:
    """Times in microseconds since 1970."""
    utc = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
    return np.asarray(utc.cast(pa.int64()).to_numpy(), np.int64)
