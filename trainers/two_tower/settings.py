"""Settings in a file, so that what a search found is frozen and can be named again."""

import json
import math
import re
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from trainers.datasets import DataError
from trainers.two_tower.config import PRECISIONS, Config

MAY_BE_NONE = frozenset({"seed", "negatives", "hard_negatives", "warmup_steps", "least_count"})
"""Whole numbers that may be 0; of everything else there is at least one."""
SHARES = frozenset({"dropout", "id_dropout", "preference_rate", "average_decay", "tolerated_loss"})
"""Numbers from 0 to 1."""
DEVICES = re.compile(r"auto|cpu|cuda(:[0-9]+)?")
Fits = Callable[[Any], bool]


def write(config: Config, file: Path) -> None:
    """Writes settings; `load` reads them."""
    file.write_text(json.dumps(asdict(config), indent=2) + "\n", encoding="utf-8")


def load(file: Path) -> Config:
    """Reads settings; what the file does not name is as in Config.

    Raises:
        DataError: the file cannot be read, it names a setting that there is none of, or one that cannot be so.
    """
    try:
        found: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{file} holds no settings: {error}") from error
    if not isinstance(found, dict):
        raise DataError(f"{file} holds no settings: it should be an object of names and values.")
    kinds = {field.name: field.type for field in fields(Config)}
    if unknown := sorted(set(found) - set(kinds)):
        raise DataError(f"{file} has the setting {unknown[0]!r}, which there is not; there are those of Config.")
    for name, value in found.items():
        fits, wanted = _wanted(name, kinds[name])
        if not fits(value):
            raise DataError(f"{file} has the setting {name!r} as {json.dumps(value)}; it is {wanted}.")
    config = Config(**found | {"encoders": tuple(found.get("encoders", ()))})
    if config.dimension % config.heads:
        raise DataError(f"{file}: {config.heads} heads cannot share a dimension of {config.dimension} evenly.")
    return config


def _wanted(name: str, kind: Any) -> tuple[Fits, str]:
    """What a setting must be, and how that is said."""
    if name == "precision":
        return lambda value: value in PRECISIONS, f"one of {', '.join(PRECISIONS)}"
    if name == "device":
        return lambda value: isinstance(value, str) and bool(DEVICES.fullmatch(value)), "auto, cpu or cuda"
    if kind is bool:
        return lambda value: isinstance(value, bool), "true or false"
    if kind is int:
        least = 0 if name in MAY_BE_NONE else 1
        return (
            lambda value: isinstance(value, int) and _number(value) and value >= least,
            f"a whole number from {least} up",
        )
    if name in SHARES:
        return lambda value: _number(value) and 0 <= value <= 1, "a number from 0 to 1"
    if name == "temperature":  # cosines are divided by it
        return lambda value: _number(value) and 0 < value < math.inf, "a number above 0"
    if kind is float:
        return lambda value: _number(value) and 0 <= value < math.inf, "a number from 0 up"
    return lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value), "a list of names"


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
