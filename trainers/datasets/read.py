"""Finds out in which format data is, and reads it."""

import csv
from pathlib import Path

from trainers.datasets import aisle, atomic, interactions
from trainers.datasets.errors import DataError
from trainers.datasets.tables import Shop


def read(path: Path) -> Shop:
    """Reads a folder in Aisle's own format, a folder of atomic files, or a file of interactions.

    Raises:
        DataError: there is nothing at the path, or nothing that is known; says what would be.
    """
    if not path.exists():
        raise DataError(f"{path} does not exist. Name a folder or a file of data.")
    try:
        return _read(path)
    except csv.Error as error:
        raise DataError(f"{path} is no csv that can be read: {error}.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not written in UTF-8: {error.reason}. Save it as UTF-8.") from error


def _read(path: Path) -> Shop:
    if path.is_dir():
        if aisle.find(path, "products"):
            return aisle.read(path)
        if any(path.glob("*.inter")):
            return atomic.read(path)
        for file in sorted(path.glob("*.txt")):
            if interactions.looks_like_sequences(file):
                return interactions.read_sequences(file)
        files = sorted(path.glob("*.csv"))
        for file in files:
            # Of a single one that lacks a column, reading it says which.
            if interactions.looks_like_interactions(file) or len(files) == 1:
                return interactions.read_csv(file)
    elif interactions.looks_like_sequences(path):
        return interactions.read_sequences(path)
    elif path.suffix == ".csv":
        return interactions.read_csv(path)
    raise DataError(
        f"{path} is in no format that is known here: a folder with products and events as parquet, jsonl or csv, "
        "a folder with *.inter and *.item, a .csv with columns user,item,timestamp[,event], or a .txt with a line "
        "`user item item ...` for each user."
    )
