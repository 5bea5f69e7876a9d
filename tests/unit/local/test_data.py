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
