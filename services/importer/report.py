"""Names every bad row: the first ones on the screen, all of them in a file."""

import json
from collections.abc import Callable
from pathlib import Path

from services.importer.domain import Finding

SHOWN = 20


class Report:
    """A JSONL file of {file, row, field, why, imported}."""

    def __init__(self, file: Path, keep_bytes: int, say: Callable[[str], None]) -> None:
        self.file = file
        self._say = say
        self._shown = 0
        self._stream = file.open("ab")
        self._stream.truncate(keep_bytes)
        self._stream.seek(0, 2)

    def add(self, finding: Finding) -> None:
        """Writes a finding down."""
        entry = {
            "file": finding.place.file,
            "row": finding.place.row,
            "field": finding.field,
            "why": finding.why,
            "imported": finding.kept,
        }
        self._stream.write(json.dumps(entry, ensure_ascii=True).encode() + b"\n")
        self._shown += 1
        if self._shown <= SHOWN:
            self._say(sentence(finding))
        elif self._shown == SHOWN + 1:
            self._say(f"... and more: see {self.file}")

    def flush(self) -> int:
        """Brings everything to the file; its size in bytes."""
        self._stream.flush()
        return self._stream.tell()

    def close(self) -> None:
        """Ends the file."""
        self._stream.close()


def sentence(finding: Finding) -> str:
    """The finding for a person.

    >>> from services.importer.domain import Place
    >>> sentence(Finding(Place("products.csv", 7), "price", "is no amount"))
    'products.csv, row 7, price: is no amount (left out)'
    """
    parts = [finding.place.file]
    if finding.place.row:
        parts.append(f"row {finding.place.row}")
    if finding.field:
        parts.append(finding.field)
    return f"{', '.join(parts)}: {finding.why} ({'imported without it' if finding.kept else 'left out'})"
