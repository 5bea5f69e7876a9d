"""What an address had when the shop took it last, in a file, so that only what is new since then is imported."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Since:
    """One state of what is behind an address."""

    version: str = ""
    """ETag or Last-Modified; empty when the server promises nothing."""
    fingerprint: str = ""
    """Of the content."""


def read(file: Path) -> Since:
    """What the file says; of one that says nothing, an address whose content is not known."""
    try:
        return Since(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return Since()


def write(file: Path, since: Since) -> None:
    """Remembers it, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(asdict(since)))
    os.replace(draft, file)
