"""A tar archive, compressed or not: unpacked file by file into a folder of the importer's own."""

import shutil
import tarfile
import zlib
from pathlib import Path

from services.importer.domain import Finding
from services.importer.errors import DataError
from services.importer.sources.base import chunks_of, hash_of, hidden, safe, unsafe
from services.importer.sources.folder import Folder

BROKEN = (tarfile.TarError, zlib.error, EOFError, OSError)


class Tar(Folder):
    """The regular files of a tar archive; links and devices are left out.

    Pictures are read out of order, which a compressed stream cannot do, so that it is unpacked first.
    """

    def __init__(self, file: Path, cache: Path, most_bytes: int, label: str = "") -> None:
        label = label or str(file)
        with file.open("rb") as content:
            self._archive_fingerprint = hash_of(chunks_of(content))
        root = cache / "unpacked" / self._archive_fingerprint
        skipped: list[Finding] = []
        if not root.exists():
            draft = root.with_suffix(".new")
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            skipped = _unpack(file, draft, most_bytes, label)
            draft.rename(root)
        super().__init__(root, label)
        self.skipped = skipped
        self.leftovers = (root,)

    @property
    def fingerprint(self) -> str:
        return self._archive_fingerprint


def _unpack(file: Path, root: Path, most_bytes: int, label: str) -> list[Finding]:
    skipped, left = [], most_bytes
    try:
        with tarfile.open(file, "r|*") as archive:
            for member in archive:
                path = safe(member.name)
                if path is None:
                    skipped.append(unsafe(member.name))
                if path is None or not member.isreg() or hidden(path):
                    continue
                left -= member.size
                if left < 0:
                    raise DataError(f"{label} unpacks to more than {most_bytes:,} bytes; raise --max-bytes.")
                content = archive.extractfile(member)
                target = root / path
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as copy:
                    shutil.copyfileobj(content, copy) if content else None
    except BROKEN as error:
        raise DataError(f"{label} is not a whole tar archive, or does not fit onto the disk: {error}") from None
    return skipped
