"""Reading a shop that goes away meanwhile."""

from pathlib import Path
from typing import Any

import pytest

from trainers.release import extract
from trainers.release.errors import ReleaseError


def test_what_was_read_half_is_not_taken_for_what_was_read_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release would say of itself that it learned until then, and be asked about what it has learned from."""

    def gone(_: Any) -> None:
        raise ReleaseError("recs does not answer")

    extract.Extract(1, 1, "7", 1.0).save(tmp_path)
    monkeypatch.setattr(extract, "_changes", lambda _: [])
    monkeypatch.setattr(extract, "_events", gone)
    services: Any = None
    with pytest.raises(ReleaseError):
        extract.extract(services, tmp_path, quiet=True)
    assert (tmp_path / "products.parquet").exists()
    assert not (tmp_path / extract.EXTRACT).exists()
