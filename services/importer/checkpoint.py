"""How far an import has come, in a file, so that one that was stopped goes on where it was."""

import fcntl
import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from services.importer.domain import Counts
from services.importer.errors import DataError


class Checkpoint:
    """The state of one data set's import into one shop. Reading the rows is cheap and always gives the same, so that
    a number of entries that are done with says it all."""

    def __init__(self, folder: Path, fingerprint: str, shop: str) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            name = hashlib.sha256(f"{fingerprint} {shop}".encode()).hexdigest()[:16]
            self.file = folder / f"{name}.json"
            self.report_file = folder / f"{name}.report.jsonl"
            self._lock: IO[str] = (folder / f"{name}.lock").open("w")
        except OSError as error:
            raise DataError(f"The state folder {folder} cannot be used: {error.strerror}. Set --state-dir.") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DataError("Another import of the same data into the same shop is running.") from None
        self._state: dict[str, Any] = {"stages": {}, "report_bytes": 0}
        if self.file.exists():
            with suppress(ValueError):  # damaged by a power cut: everything is looked at again
                self._state = json.loads(self.file.read_text())

    @property
    def resumed(self) -> bool:
        """Whether an earlier import stopped in the middle."""
        return bool(self._state["stages"])

    @property
    def report_bytes(self) -> int:
        """How much of the report belongs to what is done."""
        return int(self._state["report_bytes"])

    def done(self, stage: str) -> tuple[int, Counts]:
        """How many entries of the stage are done with, and what became of them."""
        entry = self._state["stages"].get(stage, {"entries": 0, "counts": {}})
        return entry["entries"], Counts(**entry["counts"])

    def save(self, stage: str, entries: int, counts: Counts, report_bytes: int) -> None:
        """Remembers that so many entries of the stage are done with."""
        self._state["stages"][stage] = {"entries": entries, "counts": asdict(counts)}
        self._state["report_bytes"] = report_bytes
        draft = self.file.with_suffix(".new")
        with draft.open("w") as file:
            json.dump(self._state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, self.file)

    def forget(self) -> None:
        """The import is complete: the next one looks at everything again."""
        self._state = {"stages": {}, "report_bytes": 0}
        self.file.unlink(missing_ok=True)

    def close(self) -> None:
        """Lets another import of the same data begin."""
        self._lock.close()
