import dataclasses
import json
from pathlib import Path

from local.credentials import CATALOG_CLIENT, SEARCH_CLIENT, WORKER_CLIENT, ensure


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    assert ensure(tmp_path / "secrets") == ensure(tmp_path / "secrets")


def test_two_shops_share_no_secret(tmp_path: Path) -> None:
    values = []
    for name in ("one", "two"):
        fields = dataclasses.asdict(ensure(tmp_path / name))
        values += [value for key, value in fields.items() if key.endswith("password")]
    assert len(set(values)) == len(values) == 14


def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    folder = ensure(tmp_path / "secrets").folder
    assert folder.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o077 for path in folder.iterdir()}
    assert not any(modes.values()), modes


def test_users_is_told_the_secret_that_the_worker_shows(tmp_path: Path) -> None:
    credentials = ensure(tmp_path)
    clients = json.loads(credentials.clients_file.read_text())
    assert clients == {
        WORKER_CLIENT: credentials.worker_secret_file.read_text(),
        CATALOG_CLIENT: credentials.catalog_secret_file.read_text(),
        SEARCH_CLIENT: credentials.search_secret_file.read_text(),
    }
