"""A folder, or a single file."""

import os
from pathlib import Path
from typing import BinaryIO

from services.importer.errors import DataError, FileError
from services.importer.sources.base import Source, chunks_of, hash_of, hidden


class Folder(Source):
    """All files below a folder."""

    def __init__(self, root: Path, label: str = "") -> None:
        self.label = label or str(root)
        self._root = root
        self._sizes: dict[str, int] = {}
        marks = []
        for folder, _, names in os.walk(root):
            for name in names:
                file = Path(folder, name)
                path = file.relative_to(root).as_posix()
                if not hidden(path) and file.is_file():
                    state = file.stat()
                    self._sizes[path] = state.st_size
                    marks.append(f"{path}\0{state.st_size}\0{state.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
        self._fingerprint = hash_of(iter(sorted(marks)))

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    def sizes(self) -> dict[str, int]:
        return self._sizes

    def open(self, path: str) -> BinaryIO:
        if path not in self._sizes:
            raise FileError("it is not in the data set")
        try:
            return (self._root / path).open("rb")
        except OSError as error:
            raise FileError(error.strerror or str(error)) from None


class SingleFile(Source):
    """One file that is a data set by itself."""

    def __init__(self, file: Path, label: str = "") -> None:
        self.label = label or str(file)
        self._file = file
        try:
            self._size = file.stat().st_size
            with file.open("rb") as content:
                self._fingerprint = hash_of(chunks_of(content))
        except OSError as error:
            raise DataError(f"{file} cannot be read: {error.strerror}.") from None

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    def sizes(self) -> dict[str, int]:
        return {self._file.name: self._size}

    def open(self, path: str) -> BinaryIO:
        if path != self._file.name:
            raise FileError("it is not in the data set")
        return self._file.open("rb")
