"""What the mesh needs and does not find is said before anything is started."""

import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from local import preflight
from local.errors import MeshError

FIND = importlib.util.find_spec


@pytest.mark.parametrize(("missing", "said"), [("milvus_lite", "Milvus Lite.*make setup"), ("aisle", "make setup")])
def test_a_missing_package_is_said(missing: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == missing else FIND(name, package)

    preflight.tools()
    monkeypatch.setattr(importlib.util, "find_spec", find)
    with pytest.raises(MeshError, match=said):
        preflight.tools()


def test_a_missing_program_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "BIN", tmp_path)
    with pytest.raises(MeshError, match=r"envoy is missing.*make setup"):
        preflight.tools()
