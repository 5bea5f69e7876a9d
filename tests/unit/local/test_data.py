import doctest
import json
import os
import re
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from local import data
from local.credentials import ensure
from local.errors import MeshError
from local.ports import choose
from local.postgres import Postgres
from local.processes import Mesh
from local.settings import MeshSettings
from trainers.release import __main__ as release

URL = "https://ann:pass-word@127.0.0.1:1/products.zip?signature=s3cret"


@pytest.fixture
def mesh(tmp_path: Path) -> Mesh:
    settings = MeshSettings(port=59432, data=tmp_path, dataset=URL)
    (tmp_path / "run").mkdir()
    ports = choose(settings, None)
    return Mesh(settings, ports, ensure(tmp_path / "secrets"), Postgres(tmp_path / "postgres", ports.postgres, None))


def test_a_url_is_shown_without_its_secrets() -> None:
    assert doctest.testmod(data).failed == 0
    assert data.without_secrets("/data/a@b?c.zip") == "/data/a@b?c.zip"


def test_a_failed_import_shows_no_secret(
    mesh: Mesh, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(MeshError, match=r"--data https://127.0.0.1:1/products.zip --gateway") as refused:
        data.import_data(mesh)
    shown = capsys.readouterr().out + str(refused.value)
    assert "pass-word" not in shown
    assert "s3cret" not in shown


@pytest.fixture
def importer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a program that stands for the importer and all others: `asked` has its arguments, `counts` what it
    says that became of the rows, `code` what it exits with."""
    folder = tmp_path / "importer"
    folder.mkdir()
    program = f"""#!/bin/sh
echo "$@" >> {folder}/asked
code=$(cat {folder}/code)
while [ $# -gt 0 ]; do
    if [ "$1" = --counts ] && [ $code = 0 ]; then cp {folder}/counts "$2"; fi
    shift
done
exit $code
"""
    (folder / "program").write_text(program)
    (folder / "program").chmod(0o755)
    (folder / "code").write_text("0")
    count(folder, products=(2, 0), events=(3, 0))
    monkeypatch.setattr("sys.executable", str(folder / "program"))
    monkeypatch.setattr(data, "add_behaviour", lambda mesh: None)
    return folder


def count(importer: Path, **rows: tuple[int, int]) -> None:
    """Makes the importer say that so many rows were new and changed."""
    stages = dict.fromkeys(("products", "pictures", "reviews", "events", "users"), (0, 0)) | rows
    counts = {name: {"created": new, "updated": changed, "unchanged": 1} for name, (new, changed) in stages.items()}
    (importer / "counts").write_text(json.dumps(counts))


def trained(importer: Path) -> int:
    """How often a release was trained."""
    return (importer / "asked").read_text().count("trainers.release all")


async def _nothing(_: Mesh) -> None: ...


async def _promoted(*_: object) -> bool:
    return True


@pytest.fixture
def filled(mesh: Mesh, importer: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Mesh:
    """Has imported a folder and answers with a release that was trained on it."""
    monkeypatch.setattr(data, "create_demo_shopper", _nothing)
    monkeypatch.setattr(data.Merchant, "metadata", _nothing)
    monkeypatch.setattr(data, "has_release", _promoted)
    ours = replace(mesh, settings=replace(mesh.settings, dataset=str(folder)))
    data.fill(ours)
    assert trained(importer) == 1
    count(importer)
    return ours


@pytest.mark.parametrize("brought", [{}, {"reviews": (4, 0), "pictures": (1, 0), "users": (0, 2)}])
def test_an_import_that_changed_nothing_to_learn_from_trains_nothing_and_says_so(
    filled: Mesh, importer: Path, folder: Path, brought: dict[str, tuple[int, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    count(importer, **brought)
    older(folder / "products.csv")
    capsys.readouterr()
    data.fill(filled)
    assert trained(importer) == 1
    assert "nothing is trained anew" in capsys.readouterr().out
    data.fill(filled)  # the folder is as it was imported
    assert "nothing is trained" not in capsys.readouterr().out
    assert (importer / "asked").read_text().count("services.importer") == 2


@pytest.mark.parametrize("brought", [{"products": (1, 0)}, {"products": (0, 1)}, {"events": (1, 0)}])
def test_an_import_that_brought_products_or_events_trains(
    filled: Mesh, importer: Path, folder: Path, brought: dict[str, tuple[int, int]]
) -> None:
    count(importer, **brought)
    older(folder / "products.csv")
    data.fill(filled)
    assert trained(importer) == 2


def test_a_training_that_was_stopped_is_made_up_for(
    filled: Mesh, importer: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_: Mesh) -> None:
        raise KeyboardInterrupt

    count(importer, products=(0, 1))
    older(folder / "products.csv")
    with monkeypatch.context() as patch:
        patch.setattr(data, "make_release", stop)
        with pytest.raises(KeyboardInterrupt):
            data.fill(filled)
    data.fill(filled)
    data.fill(filled)
    assert trained(importer) == 2


@pytest.mark.parametrize("goes_on", ["with the data", "without it"])
def test_an_import_that_was_killed_before_it_said_what_it_brought_is_learned_from(
    filled: Mesh, importer: Path, folder: Path, goes_on: str
) -> None:
    """All of it is in the shop, and the next import finds nothing new."""
    older(folder / "products.csv")
    (importer / "code").write_text("137")
    with pytest.raises(MeshError):
        data.fill(filled)
    (importer / "code").write_text("0")
    settings = filled.settings if goes_on == "with the data" else replace(filled.settings, dataset="")
    for _ in range(2):
        data.fill(replace(filled, settings=settings))
    assert trained(importer) == 2


def test_an_address_without_news_trains_nothing(filled: Mesh, importer: Path) -> None:
    ours = replace(filled, settings=replace(filled.settings, dataset=URL))
    data.fill(ours)
    (importer / "code").write_text(str(data.UNCHANGED))
    data.fill(ours)
    assert trained(importer) == 1


def test_what_no_release_could_be_made_of_is_not_tried_again_after_an_import_without_news(
    filled: Mesh, importer: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none(*_: object) -> bool:
        return False

    monkeypatch.setattr(data, "has_release", none)
    monkeypatch.setattr(data, "run_importer", lambda *_: 0)
    (importer / "code").write_text(str(data.UNTRAINABLE[0]))
    data.fill(filled)
    older(folder / "products.csv")
    data.fill(filled)
    assert trained(importer) == 2, "the second of these was the refused one"


@pytest.mark.parametrize("news", [True, False])
def test_feature_views_that_were_refused_are_tried_again_by_the_next_start(
    filled: Mesh, importer: Path, monkeypatch: pytest.MonkeyPatch, news: bool
) -> None:
    async def none(*_: object) -> bool:
        return False

    monkeypatch.setattr(data, "has_release", none)
    if news:
        (filled.settings.run / data.TO_LEARN).touch()
    (importer / "code").write_text(str(release.VIEWS_REFUSED))
    data.fill(filled)
    assert (filled.settings.run / data.TO_LEARN).exists() == news, "it was not learned from"
    (importer / "code").write_text("0")
    data.fill(filled)
    assert trained(importer) == 3
    assert not (filled.settings.run / data.REFUSED_FOR).exists()


def test_what_was_imported_is_kept_without_secrets_and_tells_urls_apart(mesh: Mesh, importer: Path) -> None:
    assert data.import_data(mesh)
    (importer / "code").write_text(str(data.UNCHANGED))
    assert not data.import_data(mesh)
    record = (mesh.settings.run / data.IMPORTED).read_text()
    assert len(json.loads(record)) == 1
    assert "pass-word" not in record
    assert "s3cret" not in record
    assert data.fingerprint(URL) != data.fingerprint(URL.replace("s3cret", "other"))


def test_an_address_is_asked_at_each_start_for_what_is_new(mesh: Mesh, importer: Path) -> None:
    assert data.import_data(mesh)
    record = (mesh.settings.run / data.IMPORTED).read_text()
    (importer / "code").write_text(str(data.UNCHANGED))
    assert not data.import_data(mesh)
    (importer / "code").write_text("0")
    assert data.import_data(mesh)
    first, *again = (importer / "asked").read_text().splitlines()
    assert again == [first, first]
    assert "--since" in first
    assert (mesh.settings.run / data.IMPORTED).read_text() == record


@pytest.mark.parametrize("answers", [False, True])
def test_an_address_that_brings_nothing_more_does_not_stop_the_shop(
    mesh: Mesh, answers: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    """The real importer, with an address imported by an Aisle that did not remember what it had."""
    (mesh.settings.run / data.IMPORTED).write_text(json.dumps([data.fingerprint(URL)]))
    settings = mesh.settings
    if answers:  # a page of a server that is being repaired
        served = HTTPServer(("127.0.0.1", 0), Repaired)
        threading.Thread(target=served.serve_forever, daemon=True).start()
        address = URL.replace("https://", "http://").replace(":1/", f":{served.server_port}/")
        settings = replace(settings, dataset=address)
        (mesh.settings.run / data.IMPORTED).write_text(json.dumps([data.fingerprint(address)]))
    assert not data.import_data(replace(mesh, settings=settings))
    shown = "".join(capfd.readouterr())
    assert re.search(r"products\.zip .*: the shop goes on with what it has\.", shown)
    assert "Traceback" not in shown
    assert "pass-word" not in shown
    assert "s3cret" not in shown


class Repaired(BaseHTTPRequestHandler):
    """Answers with a page where data should be."""

    def log_message(self, *_: Any) -> None:
        return

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>Back soon</html>")


def changed(file: Path) -> None:
    file.write_text("id,title\n1,Lamp\n2,Sofa\n")


def older(file: Path) -> None:
    """Replaced by one of the same size that was written before it, as `cp -p` does."""
    file.write_text("id,title\n1,Sofa\n")
    os.utime(file, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns - 10**12))


def in_a_repository(file: Path) -> None:
    (file.parent / ".git").mkdir()
    (file.parent / ".git" / "index").touch()


CHANGES: dict[str, Callable[[Path], object]] = {
    "longer": changed,
    "older": older,
    "another name": lambda file: file.rename(file.with_name("goods.csv")),
    "one more below": lambda file: (file.parent / "images" / "b.png").touch(),
    "gone": lambda file: file.unlink(),
}
NOTHING: dict[str, Callable[[Path], object]] = {
    "hidden": lambda file: (file.parent / "images" / ".DS_Store").touch(),
    "of a repository": in_a_repository,
    "a symlink to nowhere": lambda file: (file.parent / "link.csv").symlink_to("nowhere"),
    "an empty folder": lambda file: (file.parent / "empty").mkdir(),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data" / "images").mkdir(parents=True)
    (tmp_path / "data" / "products.csv").write_text("id,title\n1,Lamp\n")
    (tmp_path / "data" / "images" / "a.png").touch()
    return tmp_path / "data"


@pytest.mark.parametrize("change", CHANGES)
def test_a_folder_that_changed_has_another_fingerprint(folder: Path, change: str) -> None:
    before = data.fingerprint(str(folder))
    assert data.fingerprint(str(folder)) == before
    CHANGES[change](folder / "products.csv")
    assert data.fingerprint(str(folder)) != before


@pytest.mark.parametrize("change", NOTHING)
def test_what_no_import_reads_changes_no_fingerprint(folder: Path, change: str) -> None:
    before = data.fingerprint(str(folder))
    NOTHING[change](folder / "products.csv")
    assert data.fingerprint(str(folder)) == before


def test_a_file_that_was_replaced_by_an_older_one_has_another_fingerprint(folder: Path) -> None:
    file = folder / "products.csv"
    before = data.fingerprint(str(file))
    older(file)
    assert data.fingerprint(str(file)) != before


def test_a_folder_is_imported_when_it_is_not_as_it_was_imported_last(mesh: Mesh, importer: Path, folder: Path) -> None:
    ours = replace(mesh, settings=replace(mesh.settings, dataset=str(folder)))
    record = mesh.settings.run / data.IMPORTED
    record.write_text(json.dumps([URL, f"{folder} 2 1764238000000000000"]))  # the second as an earlier Aisle wrote it
    kept = folder.with_name("kept")
    shutil.copytree(folder, kept)
    assert data.import_data(ours)
    assert not data.import_data(ours)
    changed(folder / "products.csv")
    assert data.import_data(ours)
    shutil.rmtree(folder)
    kept.rename(folder)  # with the times of its files: what it was at first
    assert data.import_data(ours)
    assert not data.import_data(ours)
    assert URL in json.loads(record.read_text())
    assert "--since" not in (importer / "asked").read_text()


WRONG = {
    "s3://bucket/products.zip": "only http:// and https:// can",
    "notes.txt": "is in no format that can be imported. There is notes.txt.",
    "cut.zip": "is not a whole zip archive",
    "cut.tar.gz": "is not a whole tar archive",
    "empty": "It has no files.",
}


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    (tmp_path / "notes.txt").write_text("Dear diary")
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04 and no more")
    (tmp_path / "cut.tar.gz").write_bytes(b"\x1f\x8b and no more")
    (tmp_path / "empty").mkdir()
    return tmp_path


@pytest.mark.parametrize("name", WRONG)
def test_data_that_cannot_be_imported_is_refused_before_anything_is_started(wrong: Path, name: str) -> None:
    settings = MeshSettings(data=wrong / "shop", dataset=name if "://" in name else str(wrong / name))
    with pytest.raises(MeshError, match="DATASET cannot be imported") as refused:
        data.check_data(settings)
    assert WRONG[name] in str(refused.value)


def test_data_that_can_be_imported_and_an_address_are_not_refused(tmp_path: Path) -> None:
    (tmp_path / "products.csv").write_text("id,title\n1,Lamp\n")
    for dataset in ("", URL, str(tmp_path), str(tmp_path / "products.csv")):
        data.check_data(MeshSettings(data=tmp_path / "shop", dataset=dataset))


def test_data_that_was_imported_may_be_gone(tmp_path: Path) -> None:
    settings = MeshSettings(data=tmp_path, dataset=str(tmp_path / "gone"))
    settings.run.mkdir()
    (settings.run / data.IMPORTED).write_text(json.dumps([data.fingerprint(settings.dataset)]))
    data.check_data(settings)
