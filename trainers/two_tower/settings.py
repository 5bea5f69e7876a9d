"""Settings in a file, so that what a search found is frozen and can be named again."""

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from trainers.datasets import DataError
from trainers.two_tower.config import Config


def write(config: Config, file: Path) -> None:
    """Writes settings; `load` reads them."""
    file.write_text(json.dumps(asdict(config), indent=2) + "\n", encoding="utf-8")


def load(file: Path) -> Config:
    """Reads settings; what the file does not name is as in Config.

    Raises:
        DataError: the file cannot be read, or it names a setting that there is none of.
    """
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        unknown = sorted(set(found) - {field.name for field in fields(Config)})
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{file} holds no settings: {error}") from error
    if unknown:
        raise DataError(f"{file} has the setting {unknown[0]!r}, which there is not; there are those of Config.")
    return Config(**found | {"encoders": tuple(found.get("encoders", ()))})
