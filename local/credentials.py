"""Passwords and keys of one mesh: made at the first start, kept out of git, readable by their owner only."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from local.errors import MeshError

ADMIN_EMAIL = "merchant@aisle.example"
SHOPPER_EMAIL = "shopper@aisle.example"
WORKER_CLIENT = "recs-worker"
SEARCH_CLIENT = "search"
CATALOG_CLIENT = "catalog"


@dataclass(frozen=True)
class Credentials:
    """The secrets as values, and the files of those that are handed over as files."""

    folder: Path
    admin_password: str
    demo_password: str
    postgres_password: str
    catalog_database_password: str
    users_database_password: str
    recs_database_password: str
    search_database_password: str

    admin_email: str = ADMIN_EMAIL
    demo_email: str = SHOPPER_EMAIL

    @property
    def admin_password_file(self) -> Path:
        """Read by the importer and the trainers."""
        return self.folder / "admin_password"

    @property
    def attribution_key_file(self) -> Path:
        """Signs the attribution tokens of recommendations and searches."""
        return self.folder / "attribution_key"

    @property
    def clients_file(self) -> Path:
        """What `users` accepts from machine clients, as JSON {client id: secret}."""
        return self.folder / "clients.json"

    @property
    def catalog_secret_file(self) -> Path:
        """What the catalogue shows to `users`."""
        return self.folder / "catalog_secret"

    @property
    def worker_secret_file(self) -> Path:
        """What the recs worker shows to `users`."""
        return self.folder / "recs_worker_secret"

    @property
    def search_secret_file(self) -> Path:
        """What search and its worker show to `users`."""
        return self.folder / "search_secret"

    @property
    def signing_keys(self) -> Path:
        """Where `users` makes and keeps the keys it signs access tokens with."""
        return self.folder / "signing_keys"


def ensure(folder: Path) -> Credentials:
    """Makes the secrets that are missing and reads the others.

    Raises:
        MeshError: the folder cannot be made private, or a secret is open to other users of the machine.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if folder.stat().st_mode & 0o077:
        raise MeshError(f"{folder} cannot be made private (0700) on this file system. Set AISLE_DATA to a local disk.")
    (folder / "signing_keys").mkdir(mode=0o700, exist_ok=True)
    names = ("catalog", "users", "recs", "search")
    databases = {name: _secret(folder / f"{name}_database_password", 24) for name in names}
    worker, search = _secret(folder / "recs_worker_secret", 32), _secret(folder / "search_secret", 32)
    _secret(folder / "attribution_key", 32)
    clients = {WORKER_CLIENT: worker, SEARCH_CLIENT: search, CATALOG_CLIENT: _secret(folder / "catalog_secret", 32)}
    text, file = json.dumps(clients), folder / "clients.json"
    if not file.exists() or file.read_text() != text:  # `status` asks too, of a full disk and beside `up`
        _write_private(file, text)
    return Credentials(
        folder=folder,
        admin_password=_secret(folder / "admin_password", 8),
        demo_password=_secret(folder / "demo_password", 8),
        postgres_password=_secret(folder / "postgres_password", 24),
        catalog_database_password=databases["catalog"],
        users_database_password=databases["users"],
        recs_database_password=databases["recs"],
        search_database_password=databases["search"],
    )


def _secret(path: Path, size: int) -> str:
    """Reads a secret, or makes one of `size` random bytes; hexadecimal fits into any URL or file."""
    if not path.exists():
        _write_private(path, secrets.token_hex(size))
    return path.read_text().strip()


def _write_private(path: Path, text: str) -> None:
    """Writes a file that never was readable for anyone else, whole or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.touch(mode=0o600)
    draft.chmod(0o600)
    draft.write_text(text)
    draft.replace(path)
