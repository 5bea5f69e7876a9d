"""What every source can do, and which names of files it believes."""

import hashlib
import lzma
import shutil
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from services.importer.domain import Finding, Place
from services.importer.errors import FileError

CHUNK = 2**20
DAMAGE = (FileError, OSError, EOFError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)
"""What a stream raises in the middle when the file or its archive is damaged."""


class Source(ABC):
    """The files of a data set, by their paths with / between the parts."""

    label: str
    """For people."""
    skipped: Sequence[Finding] = ()
    """Files that were left out for what they are."""
    leftovers: tuple[Path, ...] = ()
    """Folders of downloads and unpacked archives."""
    version: str = ""
    """What a server calls this state of it; empty for data of this machine, and when the server promises nothing."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Tells this data from any other, and from itself after a change."""

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """Every file with its size in bytes."""

    @abstractmethod
    def open(self, path: str) -> BinaryIO:
        """The file as a stream.

        Raises:
            FileError: it cannot be opened.
        """

    def read(self, path: str, most: int) -> bytes:
        """A whole file.

        Raises:
            FileError: it cannot be read, or has more than `most` bytes.
        """
        with self.open(path) as file:
            try:
                content = file.read(most + 1)
            except DAMAGE as error:
                raise FileError(str(error) or "it is damaged") from None
        if len(content) > most:
            raise FileError(f"it is larger than {most // 2**20} MiB")
        return content

    def close(self) -> None:
        """Lets go of what is open."""
        return

    def discard(self) -> None:
        """Deletes what was stored only for this import, once it is complete."""
        self.close()
        for folder in self.leftovers:
            shutil.rmtree(folder, ignore_errors=True)


def safe(name: str) -> str | None:
    """The path a file of an archive has, or None for a name that leads out of the archive.

    >>> safe("images/./1.jpg"), safe("../1.jpg"), safe("/etc/passwd"), safe("C:\\\\x")
    ('images/1.jpg', None, None, None)
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or "\x00" in name or ":" in (path.parts or ("",))[0]:
        return None
    return str(path)


def hidden(path: str) -> bool:
    """Whether it is a thing of the operating system's that belongs to no data set."""
    return any(part.startswith(".") or part == "__MACOSX" for part in path.split("/"))


def unsafe(name: str) -> Finding:
    """What is said of a name that is not safe."""
    return Finding(Place(name[:200], 0), "", "its name leads out of the archive")


def link(name: str) -> Finding:
    """What is said of a link: it may lead anywhere."""
    return Finding(Place(name[:200], 0), "", "is a link; put the file itself into the archive")


def hash_of(chunks: Iterator[bytes]) -> str:
    """A short fingerprint of much data."""
    digest = hashlib.blake2b(digest_size=16)
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def chunks_of(file: BinaryIO) -> Iterator[bytes]:
    """The rest of a file."""
    while chunk := file.read(CHUNK):
        yield chunk
