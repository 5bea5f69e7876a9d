"""Signing keys in a folder, machines in a file, password hashes."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import jwt
import pytest

from local.settings import ROOT
from services.kit.errors import Unauthenticated
from services.kit.tokens import TokenVerifier
from services.users.adapters import keys
from services.users.adapters.clients import ClientsFile
from services.users.adapters.keys import KeyFolder, drop_old_keys, make_key
from services.users.adapters.passwords import Argon2Passwords
from services.users.use_cases.sessions import Sessions
from tests.unit.users.fakes import FakeClients, FakeStore

LIFE_S = 900


def age(path: Path, seconds: float) -> Path:
    """Makes a key older."""
    made, _, rest = path.name.partition("-")
    return path.rename(path.with_name(f"{float(made) - seconds:.6f}-{rest}"))


def a_key(folder: Path, seconds: float = 0) -> str:
    """Makes a key of that age; returns its id."""
    key_id = make_key(folder)
    age(next(folder.glob(f"*{key_id}.pem")), seconds)
    return key_id


def test_the_first_key_is_made_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    published = KeyFolder(folder).published()
    (file,) = folder.iterdir()
    assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    assert [(key["kty"], key["crv"], key["alg"], key["use"]) for key in published] == [("EC", "P-256", "ES256", "sig")]
    assert "d" not in published[0]
    assert KeyFolder(folder).published() == published


def test_the_newest_key_signs_once_it_was_published_long_enough(tmp_path: Path) -> None:
    old, ready, fresh = a_key(tmp_path, 5000), a_key(tmp_path, keys.PUBLISHED_AHEAD_S + 5), a_key(tmp_path)
    folder = KeyFolder(tmp_path)
    assert jwt.get_unverified_header(folder.sign({}))["kid"] == ready
    assert [key["kid"] for key in folder.published()] == [ready, old, fresh]


async def test_tokens_of_an_old_key_are_good_until_it_is_dropped(tmp_path: Path) -> None:
    old = a_key(tmp_path, 5000)
    sessions = Sessions(LIFE_S, 3600, KeyFolder(tmp_path), FakeStore().open)
    token = sessions.machine("worker", "s3cret", FakeClients()).access_token
    a_key(tmp_path, 2000)
    assert (await TokenVerifier(KeyFolder(tmp_path)).verify(token)).subject == "services/worker"
    assert drop_old_keys(tmp_path, LIFE_S) == [old]
    with pytest.raises(Unauthenticated):
        await TokenVerifier(KeyFolder(tmp_path)).verify(token)


def test_no_key_is_dropped_that_a_living_token_may_need(tmp_path: Path) -> None:
    for seconds in (5000, LIFE_S + keys.PUBLISHED_AHEAD_S - 10, 0):
        a_key(tmp_path, seconds)
    assert drop_old_keys(tmp_path, LIFE_S) == []
    assert len(list(tmp_path.glob("*.pem"))) == 3


def test_keys_of_one_second_keep_their_order(tmp_path: Path) -> None:
    made = [make_key(tmp_path) for _ in range(20)]
    assert [key["kid"] for key in KeyFolder(tmp_path).published()] == made


def test_a_key_of_another_kind_is_named(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    pem = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / f"{time.time()}-other.pem").write_bytes(pem)
    with pytest.raises(ValueError, match=r"other\.pem is not an elliptic-curve key"):
        KeyFolder(tmp_path).published()


def test_the_command_rotates(tmp_path: Path) -> None:
    old, _ = a_key(tmp_path, 9000), a_key(tmp_path, 5000)
    command = [sys.executable, "-m", "services.users.keys", "rotate", "--folder", str(tmp_path)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    left = [path.stem.partition("-")[2] for path in sorted(tmp_path.glob("*.pem"))]
    assert len(left) == 2
    assert old not in left
    assert f"Added key {left[-1]}; it signs in {keys.PUBLISHED_AHEAD_S} s. Deleted 1" in said
    wrong = subprocess.run([*command[:-1], str(tmp_path / "no")], cwd=ROOT, capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "is no folder" in wrong.stderr


def test_the_command_keeps_a_key_as_long_as_the_settings_let_a_token_live(tmp_path: Path) -> None:
    old, _ = a_key(tmp_path, 9000), a_key(tmp_path, 5000)
    command = [sys.executable, "-m", "services.users.keys", "rotate", "--folder", str(tmp_path)]
    told = os.environ | {"AISLE_USERS_ACCESS_TOKEN_S": "7200"}
    subprocess.run(command, cwd=ROOT, env=told, capture_output=True, check=True)
    assert list(tmp_path.glob(f"*{old}.pem"))
    wrong = subprocess.run(
        command, cwd=ROOT, env=told | {"AISLE_USERS_ACCESS_TOKEN_S": "1"}, capture_output=True, text=True, check=False
    )
    assert wrong.returncode == 2
    assert "AISLE_USERS_ACCESS_TOKEN_S is wrong" in wrong.stderr


@pytest.mark.parametrize(
    ("client", "secret", "known"),
    [("worker", "s3cret", True), ("worker", "", False), ("other", "", False), ("", "", False), ("worker", "é", False)],
)
def test_machines_show_their_secret(tmp_path: Path, client: str, secret: str, known: bool) -> None:
    file = tmp_path / "clients.json"
    file.write_text(json.dumps({"worker": "s3cret"}))
    assert ClientsFile(file).accepts(client, secret) is known
    assert not ClientsFile(None).accepts(client, secret)


async def test_passwords_are_hashed_with_argon2id_and_a_salt_each() -> None:
    passwords = Argon2Passwords(memory_kib=64, passes=1)
    first, second = await passwords.hash("a long password"), await passwords.hash("a long password")
    assert first.startswith("$argon2id$")
    assert first != second
    assert await passwords.verify(first, "a long password")
    assert not await passwords.verify(first, "another password")
    assert not await passwords.verify(None, "nobody has this password")
    assert not await passwords.verify("not a hash", "a long password")
    passwords.close()
