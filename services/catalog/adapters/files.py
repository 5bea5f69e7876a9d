"""Picture files on a disk, named by what they hold."""

import asyncio
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from services.catalog.domain.picture import WIDTHS, Picture

_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


class PictureFolder:
    """Two levels: the first two digits of the id, then `<id>.jpg` and `<id>.w320.jpg` beside it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def probe(self) -> None:
        """Raises when the folder cannot be written to."""
        if not await asyncio.to_thread(os.access, self._root, os.W_OK | os.X_OK):
            raise OSError(f"the picture folder {self._root} cannot be written to")

    async def read(self, picture: Picture, width: int) -> bytes | None:
        """The file's bytes; None when it is not there."""
        return await asyncio.to_thread(_read, self._path(picture, width))

    async def write(self, picture: Picture, width: int, content: bytes) -> None:
        """Writes a whole file or none, and does nothing when it is there."""
        await asyncio.to_thread(_write, self._path(picture, width), content)

    async def remove(self, ids: Iterable[str]) -> None:
        """Removes pictures with all their widths."""
        await asyncio.to_thread(self._remove, list(ids))

    def _path(self, picture: Picture, width: int) -> Path:
        size = f".w{width}" if width else ""
        return self._root / picture.id[:2] / f"{picture.id}{size}.{_ENDINGS[_type(picture, width)]}"

    def _remove(self, ids: list[str]) -> None:
        for picture_id in ids:
            for ending in _ENDINGS.values():
                for size in ("", *(f".w{width}" for width in WIDTHS)):
                    (self._root / picture_id[:2] / f"{picture_id}{size}.{ending}").unlink(missing_ok=True)


def _type(picture: Picture, width: int) -> str:
    return picture.resized_type if width else picture.content_type


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _write(path: Path, content: bytes) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            # Without this a power cut may leave the name with no bytes behind it, and the name says "whole".
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
