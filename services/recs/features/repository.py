"""Feast's repository: feature_store.yaml rendered from the settings, and the definitions applied to it."""

import os
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from services.recs.features.definitions import definitions
from services.recs.features.sdk import load

PROJECT = "aisle"


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

    def apply(self) -> tuple[Any, bool]:
        """The store with its definitions applied, and whether it was made anew and holds nothing."""
        self.render()
        fresh = not (self.folder / self._file()).exists()
        store = self.open()
        store.apply(definitions(self.folder))
        if self.online == "sqlite":
            # Readers in other processes then never wait for the writer.
            with sqlite3.connect(self.folder / self._file()) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
            connection.close()
        return store, fresh

    def _file(self) -> str:
        return "online.db" if self.online == "sqlite" else self.registry

    def _configuration(self) -> dict[str, Any]:
        online: dict[str, Any] = {"type": "sqlite", "path": "online.db"}
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
