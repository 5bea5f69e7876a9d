"""Atomic files as RecBole has them: tab separated, with a typed header such as `user_id:token`.

MovieLens comes so. Every rating counts as an interaction, as is usual for this set: that somebody watched a film is
what is predicted, not the stars.
"""

import csv
from pathlib import Path

import numpy as np

from trainers.datasets.errors import DataError
from trainers.datasets.tables import KINDS, Products, Shop, make_events


def read(folder: Path) -> Shop:
    """Reads `*.inter` and `*.item`.

    Raises:
        DataError: a file or a column is missing.
    """
    interactions = _rows(next(iter(sorted(folder.glob("*.inter")))))
    described = sorted(folder.glob("*.item"))
    rows = _rows(described[0]) if described else {}
    ids = rows.get("item_id") or sorted(set(interactions["item_id"]))
    products = Products(
        ids=ids,
        titles=rows.get("movie_title") or rows.get("title") or [""] * len(ids),
        categories=[()] * len(ids),
        brands=rows.get("brand") or [""] * len(ids),
        prices=np.zeros(len(ids)),
        attributes=_attributes(rows, len(ids)),
    )
    for column in ("user_id", "item_id", "timestamp"):
        if column not in interactions:
            raise DataError(f"The .inter file in {folder} has no column {column}.")
    users = [f"users/{name}" for name in interactions["user_id"]]
    kinds = np.full(len(users), KINDS["VIEW"])
    times = np.array(interactions["timestamp"], np.float64)
    return Shop(folder.name, products, make_events(products, users, interactions["item_id"], kinds, times), {})


def _attributes(rows: dict[str, list[str]], count: int) -> list[dict[str, str]]:
    """Years and genres; a film has several genres, so that each is an attribute of its own."""
    years = rows.get("release_year") or [""] * count
    genres = rows.get("class") or [""] * count
    return [
        ({"year": year} if year else {}) | {f"genre {genre}": "yes" for genre in some.split()}
        for year, some in zip(years, genres, strict=True)
    ]


def _rows(file: Path) -> dict[str, list[str]]:
    with file.open(encoding="utf-8") as stream:
        lines = list(csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    names = [name.partition(":")[0] for name in lines[0]]
    for number, line in enumerate(lines[1:], start=2):
        if len(line) != len(names):
            raise DataError(f"{file}, line {number} has {len(line)} fields where the header has {len(names)}.")
    return {name: [line[i] for line in lines[1:]] for i, name in enumerate(names)}
