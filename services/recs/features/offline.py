"""Writes the Parquet files behind the views."""

import os
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet

from services.recs.features.definitions import View
from services.recs.features.rows import Row

ROWS = 10_000
"""Rows of a row group: some megabytes of histories."""
Tick = Callable[[int], None]


def nothing(_: int) -> None:
    """Nobody watches."""


class Writer:
    """Writes one view's file, whole or not at all: who reads it meanwhile reads the one before."""

    def __init__(self, view: View, repo: Path) -> None:
        self._view = view
        self._file = view.file(repo)
        self._draft = self._file.with_suffix(f".{os.getpid()}.new")
        self.rows = 0

    def __enter__(self) -> "Writer":
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._writer = parquet.ParquetWriter(self._draft, self._view.schema, compression="zstd")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._writer.close()
        if kind is None:
            self._draft.replace(self._file)
        else:
            self._draft.unlink(missing_ok=True)

    def add(self, rows: Iterable[Row]) -> None:
        """Adds rows."""
        rows = iter(rows)
        while part := list(islice(rows, ROWS)):
            self._writer.write_table(pa.Table.from_pylist(part, self._view.schema))
            self.rows += len(part)


async def write(view: View, repo: Path, groups: AsyncIterator[Sequence[Row]], tick: Tick = nothing) -> int:
    """Writes a view's file from groups of rows; returns how many rows there are."""
    with Writer(view, repo) as writer:
        async for rows in groups:
            writer.add(rows)
            tick(len(rows))
    return writer.rows
