"""What the mesh needs and does not find is said before anything is started."""

import importlib.util
import shutil
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import NamedTuple

import pytest

from local import preflight
from local.errors import MeshError

FIND = importlib.util.find_spec


class Disk(NamedTuple):
    """What `shutil.disk_usage` says, in bytes."""

    total: int
    used: int
    free: int


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


@pytest.mark.parametrize("free", [preflight.NEEDED_BYTES - 1, preflight.NEEDED_BYTES])
def test_a_disk_with_too_little_room_is_said_with_both_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int
) -> None:
    monkeypatch.delenv("AISLE_NEEDED_BYTES", raising=False)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Disk(2**40, 2**40 - free, free) if place == tmp_path else 0)
    if free >= preflight.NEEDED_BYTES:
        preflight.disk(tmp_path)
        return
    with pytest.raises(MeshError, match=r"has 2\.0 GB free and the shop needs 2\.0\. .*make up AISLE_DATA=") as refused:
        preflight.disk(tmp_path)
    assert str(tmp_path) in str(refused.value)


def test_how_much_room_is_needed_can_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AISLE_NEEDED_BYTES", str(2**62))
    with pytest.raises(MeshError, match=rf"the shop needs {2**32}\.0\."):
        preflight.disk(tmp_path)
    monkeypatch.setenv("AISLE_NEEDED_BYTES", "0")
    preflight.disk(tmp_path)


def test_the_data_folder_is_made_with_all_that_is_in_it(tmp_path: Path) -> None:
    data = tmp_path / "new" / "shop"
    for _ in range(2):
        preflight.data_folder(data)
    assert {path.name for path in data.iterdir()} == {
        "run", "logs", "model_repository", "pictures", "releases", "feast",
    }  # fmt: skip
    assert (data / "run").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["a'b", 'a"b', "a;b", "a%b", "a\nb"])
def test_a_data_folder_whose_name_would_break_a_configuration_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(MeshError, match="must have no quotes, semicolons, percent signs or line breaks"):
        preflight.data_folder(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_that_cannot_be_written_is_said_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "shop", Path("/proc/shop")):
        with pytest.raises(
            MeshError, match=r"cannot be written \(.+\)\. Make it writable .*make up AISLE_DATA="
        ) as said:
            preflight.data_folder(place)
        assert str(place) in str(said.value)
