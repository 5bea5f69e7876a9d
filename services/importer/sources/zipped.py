"""A zip archive, read in place: nothing is unpacked, so nothing can be written where it should not be."""

import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from services.importer.errors import DataError, FileError
from services.importer.sources.base import CHUNK, Source, chunks_of, hash_of, hidden, safe, unsafe

BROKEN = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError)
"""What reading a file of a damaged, encrypted or exotic archive raises."""
MOST_FILES = 2_000_000


class Zip(Source):
    """The files of a zip archive."""

    def __init__(self, file: Path, label: str = "") -> None:
        self.label = label or str(file)
        try:
            with file.open("rb") as content:
                self._fingerprint = hash_of(chunks_of(content))
            self._zip = zipfile.ZipFile(file)
            entries = self._zip.infolist()
        except BROKEN as error:
            raise DataError(f"{self.label} is not a whole zip archive ({error}): download or copy it again.") from None
        if len(entries) > MOST_FILES:
            raise DataError(f"{self.label} has more than {MOST_FILES:,} files; split it.")
        self._entries: dict[str, zipfile.ZipInfo] = {}
        self.skipped = [unsafe(entry.filename) for entry in entries if safe(entry.filename) is None]
        for entry in entries:
            path = safe(entry.filename)
            if path is not None and not entry.is_dir() and not hidden(path):
                self._entries[path] = entry

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    def sizes(self) -> dict[str, int]:
        return {path: entry.file_size for path, entry in self._entries.items()}

    def open(self, path: str) -> BinaryIO:
        if path not in self._entries:
            raise FileError("it is not in the data set")
        try:
            member = self._zip.open(self._entries[path])
            # Parquet is read from its end: that is slow in a compressed stream, so it is unpacked to a nameless file.
            return _spooled(cast(BinaryIO, member)) if path.endswith(".parquet") else cast(BinaryIO, member)
        except BROKEN as error:
            raise FileError(str(error) or "it is damaged") from None

    def close(self) -> None:
        self._zip.close()


def _spooled(member: BinaryIO) -> BinaryIO:
    file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 - the reader closes it
    with member:
        while chunk := member.read(CHUNK):
            file.write(chunk)
    file.seek(0)
    return file
