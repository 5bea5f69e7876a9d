"""Folders, archives and URLs: read alike, and never written where they should not be."""

import io
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from services.importer.errors import DataError, FileError
from services.importer.sources import download
from services.importer.sources.base import Source
from services.importer.sources.opening import open_source

PRODUCTS = b'{"id": "a", "title": "A"}\n'


def opened(data: object, folder: Path, most_bytes: int = 10**6) -> Source:
    return open_source(str(data), folder / "cache", most_bytes, lambda have, total: None)


def zipped(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, mode: Any = "w:gz", **files: bytes) -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


FILES = {"products.jsonl": PRODUCTS, "images/a.png": b"picture", ".DS_Store": b"", "../evil": b"e", "/evil": b"e"}


@pytest.mark.parametrize("kind", ["folder", "data.zip", "data.tar", "data.tar.gz", "zip.without.ending"])
def test_every_kind_of_source_gives_the_same_files(tmp_path: Path, kind: str) -> None:
    if kind == "folder":
        (tmp_path / kind / "images").mkdir(parents=True)
        (tmp_path / kind / "products.jsonl").write_bytes(PRODUCTS)
        (tmp_path / kind / "images" / "a.png").write_bytes(b"picture")
    elif "zip" in kind:
        zipped(tmp_path / kind, **FILES)
    else:
        tarred(tmp_path / kind, "w:gz" if kind.endswith("gz") else "w", **FILES)
    source = opened(tmp_path / kind, tmp_path)
    assert source.sizes() == {"products.jsonl": len(PRODUCTS), "images/a.png": 7}
    assert source.read("images/a.png", 100) == b"picture"
    with pytest.raises(FileError):
        source.read("../evil", 100)
    with pytest.raises(FileError, match="larger"):
        source.read("images/a.png", 3)
    if kind != "folder":
        assert len(source.skipped) == 2
    assert not list(tmp_path.rglob("evil"))
    source.discard()
    assert not list((tmp_path / "cache").rglob("*.png"))


def test_a_changed_source_has_another_fingerprint(tmp_path: Path) -> None:
    before = opened(zipped(tmp_path / "data.zip", a=b"1"), tmp_path).fingerprint
    assert opened(tmp_path / "data.zip", tmp_path).fingerprint == before
    assert opened(zipped(tmp_path / "data.zip", a=b"2"), tmp_path).fingerprint != before


def test_archives_cut_short_and_links_in_them_are_refused(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "data.zip", **FILES).read_bytes()
    (tmp_path / "data.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="not a whole zip"):
        opened(tmp_path / "data.zip", tmp_path)
    whole = tarred(tmp_path / "data.tar.gz", big=bytes(range(256)) * 1000).read_bytes()
    (tmp_path / "data.tar.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="not a whole tar"):
        opened(tmp_path / "data.tar.gz", tmp_path)
    with tarfile.open(tmp_path / "links.tar", "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            entry = tarfile.TarInfo("products.jsonl")
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
    with zipfile.ZipFile(tmp_path / "links.zip", "w") as zip_file:
        link = zipfile.ZipInfo("products.jsonl")
        link.external_attr = 0o120777 << 16
        zip_file.writestr(link, "/etc/passwd")
    for name, links in (("links.tar", 2), ("links.zip", 1)):
        for _ in range(2):  # the second time, the tar is unpacked already
            source = opened(tmp_path / name, tmp_path)
            assert (source.sizes(), [finding.why[:9] for finding in source.skipped]) == ({}, ["is a link"] * links)


def test_a_tar_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="--max-bytes"):
        opened(tarred(tmp_path / "bomb.tar.gz", zeros=bytes(10**6)), tmp_path, most_bytes=10**5)


def test_a_parquet_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    source = opened(zipped(tmp_path / "bomb.zip", **{"Events.PARQUET": bytes(10**6)}), tmp_path, most_bytes=10**5)
    with pytest.raises(FileError, match="--max-bytes"):
        source.open("Events.PARQUET")


def test_a_damaged_picture_does_not_spoil_the_archive(tmp_path: Path) -> None:
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.png", b"first picture")
        archive.writestr("b.png", b"other picture")
    path.write_bytes(path.read_bytes().replace(b"first picture", b"worse picture"))
    source = opened(path, tmp_path)
    with pytest.raises(FileError):
        source.read("a.png", 100)
    assert source.read("b.png", 100) == b"other picture"


@pytest.mark.parametrize("data", ["/nowhere/at/all", "ftp://x.test/a.zip"])
def test_what_does_not_exist_is_said_in_a_sentence(tmp_path: Path, data: str) -> None:
    with pytest.raises(DataError, match=r"does not exist|only http"):
        opened(data, tmp_path)


class Server(ThreadingHTTPServer):
    """Serves one file, cutting the first answers short."""

    content = bytes(range(256)) * 4000
    etag = '"one"'
    cuts = 0
    shift = 0
    asked: list[dict[str, str]]

    def handle_error(self, *_: Any) -> None:
        """Who has read enough hangs up."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: Any) -> None:
        return

    def do_GET(self) -> None:
        self.server.asked.append({name.lower(): value for name, value in self.headers.items()})
        wanted, content = self.headers.get("range"), self.server.content
        if self.headers.get("if-none-match") == self.server.etag:
            self.send_response(304)
            self.end_headers()
            return
        start = 0
        if wanted and self.headers.get("if-range") == self.server.etag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if start else 200)
        self.send_header("etag", self.server.etag)
        if start:
            at = start + self.server.shift
            self.send_header("content-range", f"bytes {at}-{len(content) - 1}/{len(content)}")
        self.send_header("content-length", str(len(content) - start))
        self.end_headers()
        end = len(content)
        if self.server.cuts:
            self.server.cuts -= 1
            end = start + (end - start) // 2
        self.wfile.write(content[start:end])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(download, "PAUSE_S", 0.01)
    serving = Server(("127.0.0.1", 0), Handler)
    serving.asked = []
    thread = threading.Thread(target=serving.serve_forever, daemon=True)
    thread.start()
    yield serving
    serving.shutdown()
    serving.server_close()


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_port}/some/products.csv?x=1"


def test_a_download_goes_on_where_the_connection_ended(tmp_path: Path, server: Server) -> None:
    server.cuts = 2
    source = opened(url(server), tmp_path, 10**7)
    assert source.read("products.csv", 10**7) == server.content
    half, quarter = len(server.content) // 2, len(server.content) // 4
    assert [asked.get("range") for asked in server.asked] == [None, f"bytes={half}-", f"bytes={half + quarter}-"]


def test_a_download_begins_anew_when_the_file_has_changed(tmp_path: Path, server: Server) -> None:
    server.cuts = download.TRIES
    with pytest.raises(DataError, match="run the same command"):
        opened(url(server), tmp_path, 10**7)
    server.etag, server.content = '"two"', b"id,title\n"
    assert opened(url(server), tmp_path, 10**7).read("products.csv", 100) == b"id,title\n"


def test_a_whole_download_is_not_fetched_again_before_the_import_is_complete(tmp_path: Path, server: Server) -> None:
    opened(url(server), tmp_path, 10**7)
    source = opened(url(server), tmp_path, 10**7)
    assert source.read("products.csv", 10**7) == server.content
    assert server.asked[1]["if-none-match"] == server.etag
    source.discard()
    assert not list((tmp_path / "cache").rglob("products.csv"))


@pytest.mark.parametrize("etag", ['"one"', 'W/"one"'])
def test_what_was_taken_before_is_fetched_again_only_when_it_changed(tmp_path: Path, server: Server, etag: str) -> None:
    def ask(since: str) -> Source:
        return open_source(url(server), tmp_path / "cache", 10**7, lambda have, total: None, since)

    server.etag = etag
    source = opened(url(server), tmp_path, 10**7)
    assert source.version == etag
    source.discard()
    with pytest.raises(download.Unchanged):
        ask(etag)
    server.etag, server.content = etag.replace("one", "two"), b"id,title\n"
    for _ in range(2):  # the second time, what an interrupted import has left is the newest
        assert ask(etag).read("products.csv", 100) == b"id,title\n"
    server.etag, server.content = etag, b"id,title,brand\n"
    assert ask(etag).read("products.csv", 100) == server.content


def test_an_address_that_was_taken_before_is_tried_less_often(tmp_path: Path, server: Server) -> None:
    server.cuts = download.TRIES
    with pytest.raises(DataError, match="What came is kept"):
        open_source(url(server), tmp_path / "cache", 10**7, lambda have, total: None, "")
    assert len(server.asked) == download.TRIES_AGAIN


def test_another_part_than_was_asked_for_is_not_put_in_its_place(tmp_path: Path, server: Server) -> None:
    server.cuts, server.shift = 1, 7
    assert opened(url(server), tmp_path, 10**7).read("products.csv", 10**7) == server.content


def test_a_download_goes_on_after_its_notes_were_damaged(tmp_path: Path, server: Server) -> None:
    opened(url(server), tmp_path, 10**7)
    for notes in (tmp_path / "cache").rglob("download.json"):
        notes.write_text("{")
    assert opened(url(server), tmp_path, 10**7).read("products.csv", 10**7) == server.content


def test_log_ins_and_signatures_of_addresses_are_not_shown(tmp_path: Path, server: Server) -> None:
    secret = url(server).replace("http://", "http://ann:hidden@").replace("x=1", "signature=hidden")
    assert "hidden" not in opened(secret, tmp_path, 10**7).label
    assert server.asked[0]["authorization"].startswith("Basic ")
    for data, most in ((secret, 10), (secret.replace("http", "ftp", 1), 10)):
        with pytest.raises(DataError) as refused:
            opened(data, tmp_path / "other", most)
        assert "hidden" not in str(refused.value)


def test_a_download_has_a_limit(tmp_path: Path, server: Server) -> None:
    with pytest.raises(DataError, match="--max-bytes"):
        opened(url(server), tmp_path, 1000)
