"""A zip archive, read in place: nothing is unpacked, so nothing can be written where it should not be."""

import stat
import tempfile
import zipfile
from pathlib import Path
from typing import BinaryIO, cast

from services.importer.errors import DataError, FileError
from services.importer.sources.base import CHUNK, DAMAGE, Source, chunks_of, hash_of, hidden, link, safe, unsafe

BROKEN = (*DAMAGE[1:], RuntimeError, NotImplementedError)
"""What reading a file of a damaged, encrypted or exotic archive raises."""
MOST_FILES = 2_000_000


class Zip(Source):
    """The files of a zip archive."""

    def __init__(self, file: Path, most_bytes: int, label: str = "") -> None:
        self.label = label or str(file)
        self._most_bytes = most_bytes
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
        self.skipped = []
        for entry in entries:
            path = safe(entry.filename)
            if path is None:
                self.skipped.append(unsafe(entry.filename))
            elif stat.S_ISLNK(entry.external_attr >> 16):
                self.skipped.append(link(entry.filename))
            elif not entry.is_dir() and not hidden(path):
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
            member = cast(BinaryIO, self._zip.open(self._entries[path]))
            if not path.lower().endswith(".parquet"):
                return member
            if self._entries[path].file_size > self._most_bytes:
                raise FileError(f"it unpacks to more than {self._most_bytes:,} bytes; raise --max-bytes")
            # Parquet is read from its end: that is slow in a compressed stream, so it is unpacked to a nameless file.
            return _spooled(member)
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
