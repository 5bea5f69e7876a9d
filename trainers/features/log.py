"""The log of events as it was extracted, to be held to the views: all products, also those that the catalogue lost."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.parquet as parquet
from numpy.typing import NDArray

from trainers.datasets import KINDS, DataError
from trainers.datasets.tables import Ints
from trainers.features.asof import micros_of

COLUMNS = ("user", "kind", "product", "time")


@dataclass(frozen=True)
class Log:
    """Events that say something of a product, by shopper and then by time; those of one moment in their order."""

    shoppers: list[str]
    """By the numbers in `shopper`."""
    shopper: Ints
    products: list[str]
    """By the numbers in `product`."""
    product: Ints
    kind: Ints
    micros: Ints
    """Microseconds since 1970."""

    def __len__(self) -> int:
        return len(self.shopper)

    def where(self, kept: NDArray[np.bool_]) -> "Log":
        """The events that the mask keeps."""
        columns = (self.product[kept], self.kind[kept], self.micros[kept])
        return Log(self.shoppers, self.shopper[kept], self.products, *columns)

    @cached_property
    def moments(self) -> Ints:
        """Where each moment of a shopper begins: events of one moment know nothing of each other."""
        fresh = np.ones(len(self), bool)
        fresh[1:] = (np.diff(self.shopper) != 0) | (np.diff(self.micros) != 0)
        return np.flatnonzero(fresh).astype(np.int64)

    @cached_property
    def starts(self) -> Ints:
        """Where each shopper's events begin; one entry more than shoppers."""
        return np.searchsorted(self.shopper, np.arange(len(self.shoppers) + 1)).astype(np.int64)


def read(file: Path) -> Log:
    """Reads an events.parquet.

    Raises:
        DataError: it cannot be read, or lacks a column.
    """
    try:
        table = parquet.read_table(file, columns=list(COLUMNS))
        kinds = compute.utf8_upper(compute.utf8_trim_whitespace(table["kind"]))
        code = compute.index_in(kinds, pa.array(list(KINDS)))
        table = table.append_column("code", compute.add(code, 1)).filter(compute.is_valid(code))
        micros = micros_of(table["time"])
    except (OSError, ValueError, KeyError, AttributeError, pa.ArrowException) as error:
        raise DataError(f"{file} cannot be held to the views: {error}") from error
    shoppers, shopper = _numbered(table["user"], lambda name: name if "/" in name else f"users/{name}")
    products, product = _numbered(table["product"], lambda name: name.removeprefix("products/"))
    order = np.lexsort((micros, shopper))
    kind = np.array(list(KINDS.values()))[table["code"].to_numpy() - 1]
    return Log(shoppers, shopper[order], products, product[order], kind[order], micros[order])


def _numbered(column: pa.ChunkedArray, called: Callable[[str], str]) -> tuple[list[str], Ints]:
    """The names in a column, sorted, and the number of each row's; `called` is the name of what is written there."""
    written = column.unique()
    names, number = np.unique(np.array([called(text) for text in written.to_pylist()], dtype=str), return_inverse=True)
    return names.tolist(), number[compute.index_in(column, written).to_numpy()].astype(np.int64)
