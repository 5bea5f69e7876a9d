"""Commands run as another user of the system."""

import pwd
import sys

# Popen's own `user` forks, and a fork copies the locks of whoever calls, gRPC's among them, but not the threads that
# would open them. A program that is started the usual way and changes its user itself copies nothing.
_BECOME = """import os, sys
user, group, *command = sys.argv[1:]
os.setgroups([])
os.setgid(int(group))
os.setuid(int(user))
os.execv(command[0], command)
"""


def as_user(command: tuple[str, ...], user: str | None) -> tuple[str, ...]:
    """The command, run as this user and with none of this one's groups; the command itself where there is none.

    Raises:
        KeyError: the system has no such user.
    """
    if user is None:
        return command
    entry = pwd.getpwnam(user)
    return (sys.executable, "-I", "-c", _BECOME, str(entry.pw_uid), str(entry.pw_gid), *command)
