"""Aisle's own format: a folder with products and events (and users) as parquet, jsonl or csv."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet

from trainers.datasets.errors import DataError
from trainers.datasets.tables import KINDS, Floats, Products, Shop, make_events

SEPARATOR = ">"
SINCE = "preferred_since"
"""Of users: when they chose their preferences. Files of a shop's own, to be imported, do not say it."""


def find(folder: Path, name: str) -> Path | None:
    """The file of that name, whichever of the three it is."""
    files = (folder / f"{name}.{ending}" for ending in ("parquet", "jsonl", "csv"))
    return next((file for file in files if file.exists()), None)


def read(folder: Path) -> Shop:
    """Reads products, events and, where there are some, preferences.

    Raises:
        DataError: a file is missing or broken, or a column is missing.
    """
    products, events = find(folder, "products"), find(folder, "events")
    if products is None or events is None:
        missing = "products" if products is None else "events"
        raise DataError(f"{folder} has no {missing}.parquet, {missing}.jsonl or {missing}.csv.")
    return read_files(products, events, find(folder, "users"))


def read_files(products_file: Path, events_file: Path, users_file: Path | None = None) -> Shop:
    """Reads products, events and preferences from files of any of the three kinds.

    Raises:
        DataError: a file is missing or broken, or a column is missing.
    """
    products = read_products(products_file)
    table = _table(events_file)
    users, items, names = (_texts(table, events_file, column) for column in ("user", "product", "kind"))
    codes = np.array([KINDS.get(name.strip().upper(), 0) for name in names], np.int64)
    known = np.flatnonzero(codes)
    times = _times(table, events_file)
    ratings = _ratings(table)
    events = make_events(
        products,
        [users[i] if users[i].startswith(("users/", "visitors/")) else f"users/{users[i]}" for i in known],
        [items[i].removeprefix("products/") for i in known],
        codes[known],
        times[known],
        ratings[known],
    )
    preferences, since = _preferences(users_file) if users_file else ({}, {})
    return Shop(events_file.parent.name, products, events, preferences, since)


def read_products(file: Path) -> Products:
    """Reads a catalogue.

    Raises:
        DataError: the file is missing or broken, or a column is missing.
    """
    table = _table(file)
    ids = _texts(table, file, "id")
    if len(set(ids)) != len(ids):
        double = next(name for name in ids if ids.count(name) > 1)
        raise DataError(f"{file} has the product {double} twice.")
    blank = [""] * len(ids)
    return Products(
        ids=ids,
        titles=_texts(table, file, "title"),
        categories=_categories(table, file),
        brands=_texts(table, file, "brand") if "brand" in table.column_names else blank,
        prices=np.array([price(value) for value in _column(table, "price", len(ids))]),
        attributes=[_attributes(value, file) for value in _column(table, "attributes", len(ids))],
    )


def price(value: Any) -> float:
    """A price as a number; 0 for one that cannot be read or is not above nothing.

    >>> price("12.50"), price(None), price("ask us")
    (12.5, 0.0, 0.0)
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        return 0.0
    return number if np.isfinite(number) and number > 0 else 0.0


def category_path(value: Any) -> tuple[str, ...]:
    """The path as ids: each level is named by the whole way to it.

    >>> category_path("Apparel > Tops")
    ('Apparel', 'Apparel > Tops')
    """
    names = [name.strip() for name in str(value or "").split(SEPARATOR) if name.strip()]
    return tuple(f" {SEPARATOR} ".join(names[: depth + 1]) for depth in range(len(names)))


def _categories(table: pa.Table, file: Path) -> list[tuple[str, ...]]:
    if "category_ids" in table.column_names:
        return [tuple(value or ()) for value in table["category_ids"].to_pylist()]
    return [category_path(value) for value in _column(table, "category", table.num_rows)]


def _attributes(value: Any, file: Path) -> Mapping[str, str]:
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else {}
        except ValueError as error:
            raise DataError(f"{file} has attributes that are not JSON: {value[:60]!r}.") from error
    if isinstance(value, list):  # how pyarrow gives a map
        value = dict(value)
    return {str(key): str(entry) for key, entry in (value or {}).items() if entry is not None}


def _preferences(file: Path) -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, float]]:
    """Preferred categories by shopper, and since when where the file has a column `preferred_since`."""
    table = _table(file)
    chosen = _column(table, "preferred_categories", table.num_rows)
    found = {}
    for name, value in zip(_names(table, file), chosen, strict=True):
        parts = value.split("|") if isinstance(value, str) else value or []
        if parts:
            found[name] = tuple(str(part).strip() for part in parts)
    if SINCE not in table.column_names:
        return found, {}
    since = zip(_names(table, file), _times(table, file, SINCE).tolist(), strict=True)
    return found, {name: time for name, time in since if name in found}


def _names(table: pa.Table, file: Path) -> list[str]:
    return [name if "/" in name else f"users/{name}" for name in _texts(table, file, "id")]


def _times(table: pa.Table, file: Path, name: str = "time") -> Floats:
    if name not in table.column_names:
        raise DataError(f"{file} has no column `{name}`.")
    column = table[name]
    if pa.types.is_timestamp(column.type):
        micros = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False).cast(pa.int64())
        return np.asarray(micros.to_numpy(), np.float64) / 1e6
    return np.array([_moment(value, row, file) for row, value in enumerate(column.to_pylist())], np.float64)


def _moment(value: Any, row: int, file: Path) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        pass
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError as error:
        raise DataError(f"{file}, row {row + 1}: {value!r} is no time (RFC 3339 or seconds since 1970).") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _ratings(table: pa.Table) -> Floats:
    values = _column(table, "rating", table.num_rows)
    return np.array([float(value) if value not in (None, "", 0) else np.nan for value in values], np.float64)


def _column(table: pa.Table, name: str, rows: int) -> Sequence[Any]:
    return table[name].to_pylist() if name in table.column_names else [None] * rows


def _texts(table: pa.Table, file: Path, name: str) -> list[str]:
    if name not in table.column_names:
        raise DataError(f"{file} has no column `{name}`; it has {', '.join(table.column_names)}.")
    return ["" if value is None else str(value) for value in table[name].to_pylist()]


def _table(file: Path) -> pa.Table:
    try:
        match file.suffix:
            case ".parquet":
                return pyarrow.parquet.read_table(file)
            case ".csv":
                return _csv(file)
            case ".jsonl":
                rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
                return _rows_table(rows)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(f"{file} cannot be read: {error}") from error
    raise DataError(f"{file} is neither parquet nor jsonl nor csv.")


def _csv(file: Path) -> pa.Table:
    with file.open("rb") as stream:
        names = stream.readline().decode("utf-8-sig").strip().split(",")
    texts = pyarrow.csv.ConvertOptions(column_types={name.strip('"'): pa.string() for name in names})
    return pyarrow.csv.read_csv(
        file, convert_options=texts, parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True)
    )


def _rows_table(rows: list[dict[str, Any]]) -> pa.Table:
    """Objects as a table. Nested values stay JSON, since their fields differ from row to row."""
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        if any(isinstance(value, dict) for value in values):
            values = [json.dumps(value) if value is not None else None for value in values]
        elif len({type(value) for value in values if value is not None}) > 1:
            values = [None if value is None else str(value) for value in values]
        columns[name] = values
    return pa.table(columns)
