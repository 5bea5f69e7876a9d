from pathlib import Path

import pytest

from local.errors import MeshError
from local.settings import EVERYWHERE, ROOT, MeshSettings, from_environment, load, load_started


def test_without_variables_the_shop_is_on_8080_in_the_checkout() -> None:
    settings = from_environment({})
    assert (settings.port, settings.data, settings.replicas) == (8080, ROOT / ".aisle", 1)
    assert settings.inference == "embedded"
    assert not settings.detach


def test_an_empty_variable_counts_as_absent() -> None:
    empty = dict.fromkeys(("AISLE_PORT", "AISLE_DATA", "DATASET", "DETACH", "REPLICAS", "INFERENCE", "MILVUS"), "")
    assert from_environment(empty) == from_environment({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AISLE_PORT", "http"),
        ("AISLE_PORT", "\u00b2"),
        ("AISLE_PORT", "0"),
        ("AISLE_PORT", "65536"),
        ("REPLICAS", "-1"),
        ("INFERENCE", "cuda"),
        ("MILVUS", "maybe"),
        ("AISLE_HOST", "localhost"),
        ("AISLE_HOST", "192.0.2.1"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(MeshError, match=f"{name} is '{value}'"):
        from_environment({name: value})


def test_a_shop_keeps_the_milvus_that_it_has(tmp_path: Path) -> None:
    assert from_environment({"AISLE_DATA": str(tmp_path)}).milvus == "lite"
    (tmp_path / "milvus-server").mkdir()
    kept = from_environment({"AISLE_DATA": str(tmp_path)})
    assert (kept.milvus, kept.index) == ("server", tmp_path.resolve() / "milvus-server")
    assert from_environment({"AISLE_DATA": str(tmp_path), "MILVUS": "lite"}).milvus == "lite"


def test_a_shop_is_found_where_it_listens() -> None:
    assert from_environment({}).host == "127.0.0.1"
    everywhere = from_environment({"AISLE_HOST": EVERYWHERE})
    assert (everywhere.host, everywhere.gateway_url) == (EVERYWHERE, "http://127.0.0.1:8080")
    assert MeshSettings(host="192.0.2.1").gateway_url == "http://192.0.2.1:8080"


def test_a_dataset_that_is_missing_is_named_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(MeshError, match="does not exist"):
        from_environment({"DATASET": str(tmp_path / "nothing.zip")})


def test_a_shop_is_stopped_whatever_has_become_of_what_it_began_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = {"DATASET": str(tmp_path / "gone"), "AISLE_HOST": "192.0.2.1", "AISLE_PORT": "\u00b2"}
    for name, value in {**gone, "AISLE_DATA": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(MeshError):
        load()
    assert load_started().data == tmp_path


def test_a_dataset_may_be_a_url() -> None:
    url = "https://shop.example/products.zip"
    assert from_environment({"DATASET": url}).dataset == url


@pytest.mark.parametrize(("value", "detached"), [("1", True), ("yes", True), ("0", False), ("false", False)])
def test_detach_reads_yes_and_no(value: str, detached: bool) -> None:
    assert from_environment({"DETACH": value}).detach is detached


@pytest.mark.parametrize("name", ["DETACH", "AISLE_ENCODERS"])
def test_a_switch_that_is_neither_on_nor_off_is_named(name: str) -> None:
    with pytest.raises(MeshError, match=f"{name} is 'maybe'; it can be 1 or 0"):
        from_environment({name: "maybe"})
