import doctest
import json
from pathlib import Path

import pytest

from local import data
from local.credentials import ensure
from local.errors import MeshError
from local.ports import choose
from local.postgres import Postgres
from local.processes import Mesh
from local.settings import MeshSettings

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


def test_what_was_imported_is_kept_without_secrets_and_tells_urls_apart(
    mesh: Mesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/true")
    monkeypatch.setattr(data, "add_behaviour", lambda mesh: None)
    assert data.import_data(mesh)
    assert not data.import_data(mesh)
    record = (mesh.settings.run / data.IMPORTED).read_text()
    assert len(json.loads(record)) == 1
    assert "pass-word" not in record
    assert "s3cret" not in record
    assert data.fingerprint(URL) != data.fingerprint(URL.replace("s3cret", "other"))


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
