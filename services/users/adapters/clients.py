"""Machines and their secrets, from a file."""

import hmac
import json
from pathlib import Path


class ClientsFile:
    """JSON of {client id: secret}."""

    def __init__(self, path: Path | None) -> None:
        self._secrets: dict[str, str] = json.loads(path.read_text()) if path else {}

    def accepts(self, client_id: str, client_secret: str) -> bool:
        """Whether the secret is the client's; takes as long for an unknown one."""
        known = self._secrets.get(client_id, "")
        same = hmac.compare_digest(known.encode(), client_secret.encode())
        return same and bool(known)
