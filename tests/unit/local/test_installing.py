"""What lets the tests of the real servers skip: a machine that cannot have them, and nothing that is broken."""

import platform
from pathlib import Path

import pytest

from local import bootstrap
from tests.support.installing import why_not

NOBODY = "http://127.0.0.1:1/simple"


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Asks nothing of the network and installs nothing; its log is the test's own."""
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(bootstrap, "LOG", tmp_path / "setup.log")
    flags = ["--dry-run", "--no-cache", "--python", str(bootstrap.PYTHON)]
    return [str(bootstrap.VENV / "bin" / "uv"), "pip", "install", *flags]


def test_an_index_that_cannot_be_reached_is_no_failure(uv: list[str]) -> None:
    def install() -> None:
        bootstrap.run([*uv, "--default-index", NOBODY, "milvus"], "A hint.")

    assert "the package index cannot be reached" in why_not(install)


def test_a_pin_that_nothing_meets_is_a_failure(uv: list[str]) -> None:
    with pytest.raises(bootstrap.SetupError, match="unsatisfiable"):
        why_not(lambda: bootstrap.run([*uv, "--no-index", "milvus==0.0.1"], "A hint."))


def test_a_disk_that_is_full_is_a_failure(uv: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "alone", lambda folder: None)  # the lock would stay with this process
    monkeypatch.setattr(bootstrap, "MILVUS", tmp_path)
    monkeypatch.setattr(bootstrap, "MILVUS_BYTES", 2**80)
    with pytest.raises(bootstrap.SetupError, match="MB free"):
        why_not(bootstrap.set_up_milvus)


def test_what_is_there_is_used_and_another_processor_has_none(uv: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert why_not(lambda: None) == ""
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert why_not(lambda: None) == "there is no wheel for linux on aarch64"
