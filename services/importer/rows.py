"""Rows of CSV, JSONL and Parquet files, read as a stream: memory does not grow with the file."""

import csv
import io
import json
from collections.abc import Iterator
from threading import Event
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as parquet

from services.importer.domain import Finding, Item, Place
from services.importer.sources.base import DAMAGE, Source

ENDINGS = (".jsonl", ".csv", ".parquet")
LONGEST_CELL = 2**20
LONGEST_LINE = 16 * 2**20
"""A line that is longer is no row; an archive may hold one of many GB in a few kB."""
LARGEST_CHUNK = 2**30
"""Bytes that a column of a row group may unpack to, since it is unpacked as a whole."""
PARQUET_ROWS = 1000

RowOrFinding = Item[dict[str, Any]] | Finding


def read(source: Source, path: str, rest: str = "") -> Iterator[RowOrFinding]:
    """The file's rows, and what is wrong with those that cannot be read.

    Args:
        source: where the file is.
        path: its path there.
        rest: a CSV's last column, if commas in it stand without quotes around it.
    """
    reader = {".csv": _csv, ".jsonl": _jsonl, ".parquet": _parquet}[path[path.rindex(".") :].lower()]
    try:
        with source.open(path) as file:
            yield from reader(file, path, rest)
    except DAMAGE as error:
        yield Finding(Place(path, 0), "", f"the file cannot be read to its end: {error}")


def header(source: Source, path: str) -> list[str]:
    """Names of a CSV's columns; none when it has no readable first line."""
    try:
        with source.open(path) as file:
            return [name.strip() for name in next(csv.reader(_lines(file)), [])]
    except (*DAMAGE, csv.Error):
        return []


def _csv(file: BinaryIO, path: str, rest: str) -> Iterator[RowOrFinding]:
    csv.field_size_limit(LONGEST_CELL)
    ended = Event()
    reader = csv.reader(_lines(file, ended), strict=False)
    number = 1
    try:
        names = [name.strip() for name in next(reader, [])]
        last = reader.line_num
        for number, cells in enumerate(reader, 2):
            lines, last = reader.line_num - last, reader.line_num
            if not cells:
                continue
            place = Place(path, number)
            if ended.is_set():
                # Only inside quotes does a row look for another line.
                yield Finding(place, "", f"opens a quote that is never closed{_swallowed(lines)}; close the quote")
                return
            if names[-1:] == [rest] and len(cells) > len(names):
                cells[len(names) - 1 :] = [",".join(cells[len(names) - 1 :])]
            if len(cells) != len(names):
                why = f"has {len(cells)} cells where the header has {len(names)}"
                yield Finding(place, "", f"{why}; {_remedy(lines)}")
            else:
                yield Item(place, dict(zip(names, cells, strict=True)))
    except csv.Error as error:
        # Where the next row would begin is unknown once quotes are out of step.
        yield Finding(Place(path, number + 1), "", f"the file cannot be read from here on: {error}")


def _remedy(lines: int) -> str:
    if lines == 1:
        return "put cells with commas into quotes"
    return f"a quote that opens in it swallowed {lines - 1} lines behind it, which are left out too; close the quote"


def _swallowed(lines: int) -> str:
    return f" and swallowed {lines - 1} lines behind it, which are left out too" if lines > 1 else ""


def _lines(file: BinaryIO, ended: Event | None = None) -> Iterator[str]:
    # Bytes that are not UTF-8 become surrogates, which values.text refuses by name: one bad row is one bad row.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
            raise csv.Error(f"a line is longer than {LONGEST_LINE} characters")
        yield line
    if ended is not None:
        ended.set()


def _jsonl(file: BinaryIO, path: str, _: str) -> Iterator[RowOrFinding]:
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        place = Place(path, number)
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            yield Finding(place, "", f"is longer than {LONGEST_LINE} bytes; the file is not read further")
            return
        if not line.strip():
            continue
        try:
            value = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        except (ValueError, RecursionError) as error:
            yield Finding(place, "", f"is not JSON: {error}"[:200])
            continue
        if isinstance(value, dict):
            yield Item(place, value)
        else:
            yield Finding(place, "", "is not a JSON object")


def _parquet(file: BinaryIO, path: str, _: str) -> Iterator[RowOrFinding]:
    number = 0
    try:
        table = parquet.ParquetFile(file)
        if (largest := _largest_chunk(table.metadata)) > LARGEST_CHUNK:
            why = f"a column of a row group unpacks to {largest:,} bytes; write smaller row groups"
            yield Finding(Place(path, 0), "", f"{why}, of at most {LARGEST_CHUNK:,}")
            return
        for batch in table.iter_batches(PARQUET_ROWS):
            for row in batch.to_pylist():
                number += 1
                yield Item(Place(path, number), row)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        first = str(error).splitlines()[0][:150]
        yield Finding(Place(path, number + 1), "", f"the file cannot be read from here on: {first}")


def _largest_chunk(metadata: parquet.FileMetaData) -> int:
    groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
    sizes = (group.column(number).total_uncompressed_size for group in groups for number in range(group.num_columns))
    return max(sizes, default=0)
