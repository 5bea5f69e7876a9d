"""The pictures that trainers keep."""

import os
import time
from pathlib import Path

from trainers.encoders.extract import DRAFT_S, remove_unwanted


def test_pictures_of_no_product_go_and_drafts_that_nobody_finishes(tmp_path: Path) -> None:
    for name in ("kept", "gone", "kept.17.new", "left.18.new"):
        (tmp_path / name).write_bytes(b"picture")
    long_ago = time.time() - DRAFT_S - 1
    os.utime(tmp_path / "left.18.new", (long_ago, long_ago))
    remove_unwanted(tmp_path, {"kept"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "kept.17.new"]
