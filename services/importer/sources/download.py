"""Fetches a data set over HTTP into a file, going on where an earlier try ended."""

import hashlib
import json
import os
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx

from services.importer.errors import DataError

TRIES = 6
PAUSE_S = 1.0
"""Doubled with every try: a server that restarts is back within half a minute."""
TRIES_AGAIN = 2
"""Of an address that was taken before: whoever waits has data to go on with."""
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_FILENAME = re.compile(r"filename\*?=(?:UTF-8'')?\"?([^\";]+)")
Progress = Callable[[int, int | None], None]
"""Called with the bytes that are there and, if the server says so, the bytes there will be."""


@dataclass(frozen=True)
class _State:
    mark: str = ""
    """ETag or Last-Modified of the file that the bytes are of; empty when the server promises nothing."""
    name: str = "data"
    complete: bool = False
    version: str = ""
    """What the server is asked by whether the file has changed; a weak ETag is good enough for that."""


class Unchanged(Exception):
    """The server still has what was taken from it last."""


class _Interrupted(Exception):
    pass


@dataclass(frozen=True)
class Download:
    """A file that was fetched."""

    file: Path
    """Named as the server names it."""
    version: str
    """ETag or Last-Modified; empty when the server promises nothing."""


def download(url: str, cache: Path, most_bytes: int, progress: Progress, since: str | None = None) -> Download:
    """The file behind the URL.

    What is there already is kept as long as the server still has the same file (ETag or Last-Modified).

    Args:
        url: where it is.
        cache: where it is put, in a folder of its own.
        most_bytes: limit of its size.
        progress: told how far it is.
        since: the version that was taken last, empty when it had none; None when nothing was taken yet.

    Raises:
        DataError: it cannot be fetched, or is too large.
        Unchanged: the server still has the version that was taken last.
    """
    folder = cache / "downloads" / hashlib.sha256(url.encode()).hexdigest()[:16]
    label, why = without_secrets(url), ""
    with httpx.Client(timeout=TIMEOUT, follow_redirects=True, max_redirects=5) as client:
        for attempt in range(TRIES if since is None else TRIES_AGAIN):
            if attempt:
                time.sleep(PAUSE_S * 2 ** (attempt - 1))
            try:
                folder.mkdir(parents=True, exist_ok=True)
                return _Try(url, folder, most_bytes, progress, since or "").run(client)
            except httpx.UnsupportedProtocol:
                raise DataError(f"{label} cannot be fetched: it leads to an address that is not http(s).") from None
            except (httpx.TransportError, _Interrupted) as error:
                why = str(error) or type(error).__name__
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise DataError(f"{label} cannot be fetched: {error}") from None
            except OSError as error:
                raise DataError(f"{label} cannot be stored in {folder}: {error.strerror}.") from None
    kept = " What came is kept: run the same command to go on." if (folder / "part").exists() else ""
    raise DataError(f"{label} cannot be fetched: {why}.{kept}")


def without_secrets(url: str) -> str:
    """The URL as it may be shown: without log-in and query, which may sign it.

    >>> without_secrets("https://ann:pw@shop.test:8443/data.zip?signature=abc")
    'https://shop.test:8443/data.zip'
    """
    scheme, _, rest = url.partition("://")
    host, slash, path = re.split(r"[?#]", rest, maxsplit=1)[0].partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


class _Try:
    """One try."""

    def __init__(self, url: str, folder: Path, most_bytes: int, progress: Progress, since: str) -> None:
        self._url = url
        self._folder = folder
        self._most = most_bytes
        self._progress = progress
        self._since = since
        self._part = folder / "part"
        self._memory = folder / "download.json"
        self._label = without_secrets(url)
        self._state = self._remembered()

    def run(self, client: httpx.Client) -> Download:
        """Fetches what is missing."""
        with client.stream("GET", self._url, headers=self._headers()) as answer:
            if answer.status_code == httpx.codes.NOT_MODIFIED:
                return self._unchanged()
            if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                self._part.unlink(missing_ok=True)
                raise _Interrupted("the file on the server has changed")
            if answer.status_code >= 500 or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
                raise _Interrupted(f"the server answers {answer.status_code}")
            if answer.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
                raise DataError(f"{self._label} cannot be fetched: the server answers {answer.status_code}.")
            if answer.headers.get("content-encoding", "identity") != "identity":
                raise DataError(f"{self._label} cannot be fetched: the server sends it compressed, unasked.")
            self._remember(_State(_mark(answer), _name(self._url, answer), version=_version(answer)))
            self._store(answer)
        os.replace(self._part, self._folder / self._state.name)
        self._remember(replace(self._state, complete=True))
        return self._whole()

    def _whole(self) -> Download:
        return Download(self._folder / self._state.name, self._known())

    def _unchanged(self) -> Download:
        if self._has_whole():
            return self._whole()
        raise Unchanged

    def _has_whole(self) -> bool:
        """Whether the whole file is here, and the server can be asked whether it is still the same."""
        return self._state.complete and bool(self._known()) and (self._folder / self._state.name).exists()

    def _known(self) -> str:
        return self._state.version or self._state.mark  # notes of an earlier Aisle have no version

    def _headers(self) -> dict[str, str]:
        # Bytes as they are: with a compressed transfer, ranges would not fit together.
        headers = {"accept-encoding": "identity"}
        if self._has_whole():
            return headers | _unless(self._known())
        if (mark := self._state.mark) and self._part.exists() and self._part.stat().st_size:
            return headers | {"range": f"bytes={self._part.stat().st_size}-", "if-range": mark}
        return headers | _unless(self._since)

    def _store(self, answer: httpx.Response) -> None:
        goes_on = answer.status_code == httpx.codes.PARTIAL_CONTENT
        have = self._part.stat().st_size if goes_on and self._part.exists() else 0
        if goes_on and not answer.headers.get("content-range", "").startswith(f"bytes {have}-"):
            self._part.unlink(missing_ok=True)
            raise _Interrupted("the server sent another part than was asked for")
        length = answer.headers.get("content-length", "")
        total = have + int(length) if length.isdecimal() else None
        with self._part.open("ab" if goes_on else "wb") as file:
            self._limit(total or 0)
            for chunk in answer.iter_raw():
                have += file.write(chunk)
                self._limit(have)
                self._progress(have, total)
        if total is not None and have != total:
            raise _Interrupted(f"the connection ended after {have:,} of {total:,} bytes")

    def _limit(self, size: int) -> None:
        if size > self._most:
            raise DataError(f"{self._label} is larger than the {self._most:,} bytes that --max-bytes allows.")

    def _remember(self, state: _State) -> None:
        self._state = state
        draft = self._memory.with_suffix(".new")
        draft.write_text(json.dumps(asdict(state)))
        os.replace(draft, self._memory)

    def _remembered(self) -> _State:
        try:
            return _State(**json.loads(self._memory.read_text()))
        except (OSError, ValueError, TypeError):
            return _State()  # without its mark, what is there is fetched anew


def _mark(answer: httpx.Response) -> str:
    """What tells this file from a later one byte by byte; a weak ETag does not."""
    etag: str = answer.headers.get("etag", "")
    return etag if etag.startswith('"') else str(answer.headers.get("last-modified", ""))


def _version(answer: httpx.Response) -> str:
    """What tells this file from one that says something else."""
    return str(answer.headers.get("etag") or answer.headers.get("last-modified", ""))


def _unless(version: str) -> dict[str, str]:
    """Asks for nothing if the server still has the version."""
    if not version:
        return {}
    return {"if-none-match" if version.startswith(('"', 'W/"')) else "if-modified-since": version}


def _name(url: str, answer: httpx.Response) -> str:
    said = _FILENAME.search(answer.headers.get("content-disposition", ""))
    path = unquote(said[1] if said else urlsplit(url).path).replace("\\", "/")
    name = path.rstrip("/").rpartition("/")[2].replace("\x00", "")
    return name if name not in ("", ".", "..", "part", "download.json", "download.new") else "data"
