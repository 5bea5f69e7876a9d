"""A tar archive, compressed or not: unpacked file by file into a folder of the importer's own."""

import json
import shutil
import tarfile
import zlib
from pathlib import Path
from typing import IO

from services.importer.domain import Finding, Place
from services.importer.errors import DataError
from services.importer.sources.base import chunks_of, hash_of, hidden, link, safe, unsafe
from services.importer.sources.folder import Folder

BROKEN = (tarfile.TarError, zlib.error, EOFError, OSError)
MOST_FILES = 2_000_000
"""A disk has only so many names, and empty files weigh nothing in an archive."""


class Tar(Folder):
    """The regular files of a tar archive; links and devices are left out.

    Pictures are read out of order, which a compressed stream cannot do, so that it is unpacked first.
    """

    def __init__(self, file: Path, cache: Path, most_bytes: int, label: str = "") -> None:
        label = label or str(file)
        with file.open("rb") as content:
            self._archive_fingerprint = hash_of(chunks_of(content))
        root = cache / "unpacked" / self._archive_fingerprint
        if not root.exists():
            draft = root.with_suffix(".new")
            shutil.rmtree(draft, ignore_errors=True)
            (draft / "files").mkdir(parents=True)
            skipped = _unpack(file, draft / "files", most_bytes, label)
            (draft / "skipped.json").write_text(json.dumps([(finding.place.file, finding.why) for finding in skipped]))
            draft.rename(root)
        super().__init__(root / "files", label)
        remembered = json.loads((root / "skipped.json").read_text())
        self.skipped = [Finding(Place(name, 0), "", why) for name, why in remembered]
        self.leftovers = (root,)

    @property
    def fingerprint(self) -> str:
        return self._archive_fingerprint


def _unpack(file: Path, root: Path, most_bytes: int, label: str) -> list[Finding]:
    skipped, left = [], most_bytes
    try:
        with tarfile.open(file, "r|*") as archive:
            for number, member in enumerate(archive):
                if number >= MOST_FILES:
                    raise DataError(f"{label} has more than {MOST_FILES:,} files; split it.")
                path = safe(member.name)
                if path is None or member.issym() or member.islnk():
                    skipped.append(link(member.name) if path else unsafe(member.name))
                elif member.isreg() and not hidden(path):
                    left -= member.size
                    if left < 0:
                        raise DataError(f"{label} unpacks to more than {most_bytes:,} bytes; raise --max-bytes.")
                    _copy(archive.extractfile(member), root / path)
    except BROKEN as error:
        raise DataError(
            f"{label} is not a whole tar archive, or does not fit onto the disk ({error}): download or copy it again. "
            "A single file that is compressed must be unpacked first."
        ) from None
    return skipped


def _copy(content: IO[bytes] | None, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as copy:
        shutil.copyfileobj(content, copy) if content else None
