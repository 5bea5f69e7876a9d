"""Bare interactions: a csv `user,item,timestamp[,event]`, or sequences `user item item ...` in the order of time."""

import csv
from pathlib import Path

import numpy as np

from trainers.datasets.errors import DataError
from trainers.datasets.tables import KINDS, Floats, Ints, Products, Shop, make_events


def looks_like_sequences(file: Path) -> bool:
    """Whether the first line is a user and its items, all of them numbers."""
    with file.open(encoding="utf-8", errors="replace") as stream:
        parts = stream.readline().split()
    return len(parts) > 1 and all(part.isdecimal() for part in parts)


def read_sequences(file: Path) -> Shop:
    """Reads one line a user. There is no time but the order: the n-th event is given the time n."""
    users: list[str] = []
    items: list[str] = []
    times: list[int] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        user, *sequence = line.split()
        users += [f"users/{user}"] * len(sequence)
        items += sequence
        times += range(len(sequence))
    return _shop(file.stem, users, items, np.full(len(users), KINDS["VIEW"]), np.array(times, np.float64))


def read_csv(file: Path) -> Shop:
    """Reads `user,item,timestamp` and, where there is one, `event`: a kind of event; a view where there is none.

    Raises:
        DataError: a column is missing, or a row cannot be read.
    """
    users, items, kinds, times = [], [], [], []
    with file.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = {"user", "item", "timestamp"}.difference(reader.fieldnames or ())
        if missing:
            raise DataError(f"{file} has no column {', '.join(sorted(missing))}; it needs user,item,timestamp[,event].")
        for row in reader:
            kind = KINDS.get((row.get("event") or "VIEW").upper())
            if kind is None:
                continue
            try:
                times.append(float(row["timestamp"]))
            except (TypeError, ValueError) as error:
                raise DataError(f"{file}, line {reader.line_num}: {row['timestamp']!r} is no time.") from error
            users.append(f"users/{row['user']}")
            items.append(row["item"])
            kinds.append(kind)
    return _shop(file.stem, users, items, np.array(kinds, np.int64), np.array(times, np.float64))


def _shop(name: str, users: list[str], items: list[str], kinds: Ints, times: Floats) -> Shop:
    ids = sorted(set(items))
    nothing: list[str] = [""] * len(ids)
    products = Products(ids, nothing, [()] * len(ids), nothing, np.zeros(len(ids)), [{}] * len(ids))
    return Shop(name, products, make_events(products, users, items, kinds, times), {})
