"""Feast's repository: feature_store.yaml rendered from the settings, and the definitions applied to it."""

import os
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from services.recs.features.definitions import definitions
from services.recs.features.sdk import load

PROJECT = "aisle"
ONLINE_FILE = "online.db"
START = datetime(1970, 1, 2, tzinfo=UTC)
"""Before everything."""


@dataclass(frozen=True)
class Repository:
    """Where features are kept."""

    folder: Path
    online: str = "sqlite"
    redis: str = ""
    registry: str = "registry.db"

    def render(self) -> None:
        """Writes feature_store.yaml, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=self.folder, delete=False) as file:
            yaml.safe_dump(self._configuration(), file, sort_keys=False)
        os.replace(file.name, self.folder / "feature_store.yaml")

    def open(self) -> Any:
        """A feast.FeatureStore."""
        return load().FeatureStore(repo_path=str(self.folder))

    def apply(self) -> Any:
        """The store with its definitions applied. A file that cannot be read gives way to a new one."""
        self.render()
        if self.online == "sqlite" and not self._sound():
            for file in self.folder.glob(f"{ONLINE_FILE}*"):
                file.unlink()
        store = self.open()
        store.apply(definitions(self.folder))
        if self.online == "sqlite":
            # Readers in other processes then never wait for the writer.
            with closing(sqlite3.connect(self.folder / ONLINE_FILE)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
        return store

    def materialise(self, store: Any, views: Sequence[str]) -> None:
        """Fills the online store with the last row of each shopper and product in the files."""
        store.materialize(START, datetime.now(UTC), feature_views=list(views))

    def identity(self) -> tuple[int, int] | None:
        """Tells SQLite's file from another in its place; None when there is none, and for a server."""
        try:
            status = (self.folder / ONLINE_FILE).stat()
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino

    def _sound(self) -> bool:
        try:
            with closing(sqlite3.connect(self.folder / ONLINE_FILE)) as connection:
                return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
        except sqlite3.OperationalError:
            raise  # locked, or not to be opened: nothing is wrong with what it holds
        except sqlite3.DatabaseError:
            return False

    def _configuration(self) -> dict[str, Any]:
        online: dict[str, Any] = {"type": "sqlite", "path": ONLINE_FILE}
        if self.online == "redis":
            online = {"type": "redis", "connection_string": self.redis}
        return {
            "project": PROJECT,
            "provider": "local",
            # Cached for good: the worker applies what is new, and readers look again when a view is missing.
            "registry": {"path": self.registry, "cache_ttl_seconds": 0},
            "online_store": online,
            "offline_store": {"type": "file"},
            "entity_key_serialization_version": 3,
        }
