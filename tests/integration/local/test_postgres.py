"""Making the database's folder with the real initdb."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from local import postgres
from local.credentials import ensure


def test_an_interrupted_initdb_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials, folder = ensure(tmp_path / "secrets"), tmp_path / "postgres"

    def interrupted(command: list[str], **options: Any) -> None:
        (Path(command[command.index("-D") + 1]) / "PG_VERSION").write_text("18\n")  # the first thing it writes
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            postgres.prepare(folder, 20000, credentials)
    postgres.prepare(folder, 20000, credentials)
    assert (folder / "global" / "pg_control").exists()
    assert [path.name for path in tmp_path.glob("postgres*")] == ["postgres"]
