"""Finds out what a data set lies in."""

import tarfile
from pathlib import Path

from services.importer.errors import DataError
from services.importer.sources.base import Source
from services.importer.sources.download import Progress, download, without_secrets
from services.importer.sources.folder import Folder, SingleFile
from services.importer.sources.tarred import Tar
from services.importer.sources.zipped import Zip

ZIP = (b"PK\x03\x04", b"PK\x05\x06")
COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ")


def open_source(data: str, cache: Path, most_bytes: int, progress: Progress, since: str | None = None) -> Source:
    """The source behind a path or URL. What an archive or file is, its first bytes say and not its name.

    Args:
        data: a folder, a file, an archive, or an http(s) URL of a file or archive.
        cache: where downloads and unpacked archives are kept meanwhile.
        most_bytes: limit of a download, and of what is unpacked to the disk.
        progress: told of a download.
        since: the version of an address that was taken last, empty when it had none; None when nothing was taken yet.

    Raises:
        DataError: there is nothing that can be read.
        Unchanged: the server still has the version that was taken last.
    """
    if fetchable(data):
        label = without_secrets(data)
        fetched = download(data, cache, most_bytes, progress, since)
        source = _file(fetched.file, label, cache, most_bytes)
        source.leftovers = (*source.leftovers, fetched.file.parent)
        source.version = fetched.version
        return source
    path = Path(data).expanduser()
    if path.is_dir():
        return Folder(path)
    if not path.is_file():
        raise DataError(f"{data} does not exist: name a folder, a file, a zip or tar archive, or a URL of one.")
    return _file(path, data, cache, most_bytes)


def fetchable(data: str) -> bool:
    """Whether it is the address of something to fetch, and not a path.

    Raises:
        DataError: it is an address of another kind.
    """
    if "://" not in data:
        return False
    if not data.startswith(("http://", "https://")):
        label = without_secrets(data)
        raise DataError(f"{label} cannot be fetched: only http:// and https:// can. Download it yourself.")
    return True


def _file(path: Path, label: str, cache: Path, most_bytes: int) -> Source:
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise DataError(f"{label} cannot be read: {error.strerror}.") from None
    if head.startswith(ZIP):
        return Zip(path, most_bytes, label)
    if head.startswith(COMPRESSED) or _is_tar(path):
        return Tar(path, cache, most_bytes, label)
    return SingleFile(path, label)


def _is_tar(path: Path) -> bool:
    try:
        return tarfile.is_tarfile(path)
    except OSError:
        return False
