"""Signing keys as PEM files in a folder that only the service can read."""

import os
import time
import uuid
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from services.kit.tokens import ALGORITHM

PUBLISHED_AHEAD_S = 60
"""A new key is published this long before it signs: gateways and services keep the key set for some seconds."""
REREAD_S = 5.0


class KeyFolder:
    """The keys of a folder. File names start with the time the key was made: `1760000000.123456-KEYID.pem`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: list[tuple[float, str, ec.EllipticCurvePrivateKey]] = []
        self._read_at = -REREAD_S
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._files():
            make_key(folder)

    def sign(self, claims: dict[str, Any]) -> str:
        """A JSON Web Token by the newest key that has been published long enough."""
        _, key_id, key = self._signing()
        return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": key_id})

    def published(self) -> list[dict[str, str]]:
        """The public keys, the one that signs first."""
        signing = self._signing()[1]
        ordered = sorted(self._current(), key=lambda entry: entry[1] != signing)
        return [
            ECAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": key_id, "alg": ALGORITHM, "use": "sig"}
            for _, key_id, key in ordered
        ]

    async def key(self, key_id: str) -> Any:
        """The public key of that id, for this service's own verifier."""
        return next((key.public_key() for _, known, key in self._current() if known == key_id), None)

    def _signing(self) -> tuple[float, str, ec.EllipticCurvePrivateKey]:
        keys = self._current()
        ready = [entry for entry in keys if entry[0] <= time.time() - PUBLISHED_AHEAD_S]
        return ready[-1] if ready else keys[0]

    def _current(self) -> list[tuple[float, str, ec.EllipticCurvePrivateKey]]:
        if time.monotonic() - self._read_at >= REREAD_S:
            self._keys = [_read(path) for path in self._files()]
            self._read_at = time.monotonic()
        return self._keys

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.pem"))


def make_key(folder: Path) -> str:
    """Adds a key to the folder and returns its id."""
    key_id = uuid.uuid4().hex[:16]
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / f"{time.time():.6f}-{key_id}.pem"
    hidden = path.with_suffix(".new")
    with os.fdopen(os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
        os.fsync(file.fileno())
    hidden.rename(path)
    return key_id


def drop_old_keys(folder: Path, token_life_s: int) -> list[str]:
    """Deletes the keys that no living token can be signed by; returns their ids."""
    files = sorted(folder.glob("*.pem"))
    made = [float(path.name.partition("-")[0]) for path in files]
    dropped = []
    for path, successor in zip(files, made[1:], strict=False):
        if successor + PUBLISHED_AHEAD_S + token_life_s < time.time():
            path.unlink()
            dropped.append(path.stem.partition("-")[2])
    return dropped


def _read(path: Path) -> tuple[float, str, ec.EllipticCurvePrivateKey]:
    made, _, key_id = path.stem.partition("-")
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{path} is not an elliptic-curve key; delete it or put a P-256 key there")
    return float(made), key_id, key
