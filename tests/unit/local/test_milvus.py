"""How the real Milvus is told where it listens and writes; that it runs so is in tests/integration/local."""

import json
from pathlib import Path

import pytest

from local import milvus, preflight
from local.errors import MeshError
from local.settings import MeshSettings
from local.up import take_index

PORTS = dict(zip(milvus.INTERNAL, range(21001, 21001 + len(milvus.INTERNAL)), strict=True))


def test_every_port_and_folder_is_named(tmp_path: Path) -> None:
    milvus.write(tmp_path, 21000, PORTS)
    text = (tmp_path / "configs" / "milvus.yaml").read_text() + (tmp_path / "configs" / "etcd.yaml").read_text()
    for name, port in (PORTS | {"clients": 21000}).items():
        assert str(port) in text or name == "metrics", name
    made = json.loads((tmp_path / "configs" / "milvus.yaml").read_text())
    folders = made["etcd"]["data"]["dir"], made["localStorage"]["path"], made["rocksmq"]["path"]
    assert all(folder.startswith(str(tmp_path)) for folder in folders)
    assert milvus.environment(tmp_path, PORTS["metrics"], {})["METRICS_PORT"] == str(PORTS["metrics"])


def test_a_shop_has_its_vectors_in_one_milvus_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lite, server = MeshSettings(data=tmp_path), MeshSettings(data=tmp_path, milvus="server")
    take_index(lite)
    assert capsys.readouterr().out == ""
    (tmp_path / "milvus" / "rows").touch()
    take_index(server)
    assert "made anew from the catalogue" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["milvus-server"]
    (tmp_path / "milvus.gone").mkdir()  # of a change that was interrupted
    take_index(lite)
    assert list(lite.index.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["milvus"]


def test_a_milvus_that_is_not_installed_is_said_with_two_ways_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(milvus, "PROGRAM", tmp_path / "milvus")
    with pytest.raises(MeshError, match=r"make up MILVUS=server.*make up MILVUS=lite"):
        preflight.milvus_server()
