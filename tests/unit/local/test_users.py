"""Commands of another user."""

import os
import pwd
import subprocess

import pytest

from local.users import as_user


def run(*command: str, user: str | None) -> str:
    return subprocess.run(as_user(command, user), capture_output=True, text=True, check=True, cwd="/").stdout.strip()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_a_command_is_the_users_and_has_only_their_group() -> None:
    nobody = pwd.getpwnam("nobody")
    assert run("/usr/bin/id", "-u", user="nobody") == str(nobody.pw_uid)
    assert run("/usr/bin/id", "-G", user="nobody") == str(nobody.pw_gid)


def test_without_a_user_it_is_the_command_itself() -> None:
    assert as_user(("/usr/bin/id", "-u"), None) == ("/usr/bin/id", "-u")


def test_who_does_not_exist_is_said() -> None:
    with pytest.raises(KeyError, match="nobody-of-that-name"):
        as_user(("/usr/bin/id",), "nobody-of-that-name")
