"""Bare interactions: a csv `user,item,timestamp[,event]`, or sequences `user item item ...` in the order of time."""

import csv
import json
import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import numpy as np

from trainers.datasets.errors import DataError
from trainers.datasets.tables import KINDS, Floats, Ints, Products, Shop, make_events

NEEDED = frozenset({"user", "item", "timestamp"})


def looks_like_sequences(file: Path) -> bool:
    """Whether the first line is a user and its items, all of them numbers."""
    with file.open(encoding="utf-8", errors="replace") as stream:
        parts = stream.readline().split()
    return len(parts) > 1 and all(part.isdecimal() for part in parts)


def looks_like_interactions(file: Path) -> bool:
    """Whether the header has what a csv of interactions needs."""
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        return set(next(csv.reader(stream), [])) >= NEEDED


def read_sequences(file: Path) -> Shop:
    """Reads one line a user. There is no time but the order: the n-th event is given the time n.

    Where a file `<name>_item2attributes.json` stands beside it ({item: [attribute, ...]}), the items have attributes.

    Raises:
        DataError: a line has no items, or the attributes are not JSON.
    """
    users: list[str] = []
    items: list[str] = []
    times: list[int] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        user, *sequence = line.split() or [""]
        if not sequence:
            raise DataError(f"{file}, line {number} names no items; a line is `user item item ...`.")
        users += [f"users/{user}"] * len(sequence)
        items += sequence
        times += range(len(sequence))
    kinds = np.full(len(users), KINDS["VIEW"])
    return _shop(file.stem, users, items, kinds, np.array(times, np.float64), _attributes(file))


def read_csv(file: Path) -> Shop:
    """Reads `user,item,timestamp` and, where there is one, `event`: a kind of event; a view where there is none.

    A timestamp is seconds since 1970, or RFC 3339 with a time zone. Events of kinds that are not known teach nothing
    here, and are left out.

    Raises:
        DataError: a column is missing, a row cannot be read, or no event is of a kind that is known.
    """
    users, items, kinds, times = [], [], [], []
    others: set[str] = set()
    with file.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = NEEDED.difference(reader.fieldnames or ())
        if missing:
            raise DataError(f"{file} has no column {', '.join(sorted(missing))}; it needs user,item,timestamp[,event].")
        for row in _rows(file, reader):
            said = row.get("event") or "VIEW"
            kind = KINDS.get(said.upper())
            if kind is None:
                others.add(said)
                continue
            for column in sorted(NEEDED):
                if not row[column]:
                    raise DataError(f"{file}, line {reader.line_num} has no {column}.")
            times.append(_time(row["timestamp"], f"{file}, line {reader.line_num}"))
            users.append(f"users/{row['user']}")
            items.append(row["item"])
            kinds.append(kind)
    if others and not kinds:
        known = ", ".join(sorted(KINDS)).lower()
        raise DataError(f"{file} has only events of other kinds, such as {min(others)!r}; known are {known}.")
    return _shop(file.stem, users, items, np.array(kinds, np.int64), np.array(times, np.float64))


def _rows(file: Path, reader: "csv.DictReader[str]") -> Iterator[dict[str, str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise DataError(f"{file}, line {reader.line_num + 1}: {error}.") from error


def _time(text: str, where: str) -> float:
    """Seconds since 1970, from them or from a time as RFC 3339 has it.

    Raises:
        DataError: it is neither; without a time zone nobody knows when it was.
    """
    for read in (float, _moment):
        try:
            time = read(text)
        except ValueError:
            continue
        if math.isfinite(time):
            return time
    raise DataError(f"{where}: {text!r} is no time in seconds, nor with a time zone, such as 2026-01-31T12:00:00Z.")


def _moment(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return moment.timestamp() if moment.tzinfo else math.nan


def _attributes(file: Path) -> Mapping[str, list[str]]:
    beside = file.with_name(f"{file.stem}_item2attributes.json")
    if not beside.exists():
        return {}
    try:
        found = json.loads(beside.read_text(encoding="utf-8"))
        return {item: [str(attribute) for attribute in some] for item, some in found.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise DataError(f"{beside} cannot be read: it should be {{item: [attribute, ...]}}.") from error


def _shop(
    name: str,
    users: list[str],
    items: list[str],
    kinds: Ints,
    times: Floats,
    attributes: Mapping[str, list[str]] | None = None,
) -> Shop:
    ids = sorted(set(items))
    nothing: list[str] = [""] * len(ids)
    known = attributes or {}
    described = [{f"attribute {some}": "yes" for some in known.get(item, ())} for item in ids]
    products = Products(ids, nothing, [()] * len(ids), nothing, np.zeros(len(ids)), described)
    return Shop(name, products, make_events(products, users, items, kinds, times), {})
