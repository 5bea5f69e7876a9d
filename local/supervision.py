"""The process manager: supervisord, its configuration rendered from the mesh's processes."""

import os
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
import zlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from supervisor.xmlrpc import SupervisorTransport

from local.errors import MeshError
from local.settings import MARKER, ROOT, MeshSettings

# What supervisord answers while it stops.
STOPPING = "SHUTDOWN_STATE"
# A Unix socket's path may have 103 bytes (macOS; Linux 107), and supervisord appends its pid while it binds.
LONGEST_SOCKET_PATH = 92
# A process that dies within START_S is started again after 1, 2, 3... seconds.
START_S = 4
RETRIES = 1000


@dataclass(frozen=True)
class Program:
    """One process: how it is run and stopped."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    priority: int = 500
    """Stopped from the highest to the lowest."""
    stop_signal: str = "TERM"
    stop_seconds: int = 20
    """After this long without an end it is killed, with its children."""
    user: str | None = None
    directory: Path = ROOT


@dataclass(frozen=True)
class ProcessInfo:
    """What the process manager knows of one process."""

    name: str
    state: str
    pid: int
    started: int
    """Unix time of the last start: it changes with every restart."""
    description: str


class Supervisor:
    """Starts, asks and stops the supervisord of one mesh."""

    def __init__(self, settings: MeshSettings) -> None:
        self._settings = settings
        self._configuration = settings.run / "supervisord.conf"
        self.pid_file = settings.run / "supervisord.pid"
        self._socket = settings.run / "supervisor.sock"
        if len(str(self._socket)) > LONGEST_SOCKET_PATH:
            name = f"aisle-{os.getuid()}-{zlib.crc32(str(settings.data).encode()):08x}.sock"
            self._socket = Path(tempfile.gettempdir()) / name

    def start(self, programs: Sequence[Program]) -> None:
        """Starts supervisord in the background, with no process of the mesh started yet.

        Raises:
            MeshError: it did not come up.
        """
        self._configuration.touch(mode=0o600)
        self._configuration.write_text(render(programs, self._settings, self._socket, self.pid_file))
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._configuration)]
        environment = os.environ | {MARKER: self._settings.marker}  # every process inherits it
        started = subprocess.run(  # noqa: S603
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        deadline = time.monotonic() + 15
        while not self.answers():
            if started.returncode or time.monotonic() > deadline:
                raise MeshError(f"The process manager did not start:\n{started.stdout}{started.stderr}")
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether this mesh's supervisord runs and answers."""
        try:
            return bool(self._call("getState")["statename"] == "RUNNING")
        except (OSError, xmlrpc.client.Error):
            return False

    def pid(self) -> int:
        """Of the supervisord that runs now; 0 if none answers."""
        try:
            return int(self._call("getPID"))
        except (OSError, xmlrpc.client.Error):
            return 0

    def processes(self) -> list[ProcessInfo]:
        """Lists the processes; empty if supervisord is gone, or going."""
        try:
            rows = self._call("getAllProcessInfo")
        except OSError:
            return []
        return [
            ProcessInfo(row["name"], row["statename"], row["pid"], row["start"], row["description"] or row["spawnerr"])
            for row in rows
        ]

    def start_process(self, name: str) -> None:
        """Starts a process unless it runs already; does not wait for anything."""
        try:
            self._call("startProcess", name, False)
        except xmlrpc.client.Fault as fault:
            if "ALREADY_STARTED" not in fault.faultString and "SPAWN_ERROR" not in fault.faultString:
                raise MeshError(f"The process manager refused to start {name}: {fault.faultString}") from fault
        except OSError as error:
            raise MeshError("The process manager is gone; was the shop stopped from elsewhere?") from error

    def stop_process(self, name: str) -> None:
        """Stops a process and waits until it has ended; it stays stopped until it is started again."""
        try:
            self._call("stopProcess", name, True)
        except xmlrpc.client.Fault as fault:
            if "NOT_RUNNING" not in fault.faultString:
                raise MeshError(f"The process manager could not stop {name}: {fault.faultString}") from fault
        except OSError:
            return  # the manager ends, and with it what it manages

    def stop_all(self) -> None:
        """Stops the processes from the highest priority to the lowest, those of one priority at once.

        supervisord's own shutdown stops one after another, and each service takes a moment to drain.
        """
        priorities = {row["name"]: row["process_prio"] for row in self._call("getAllConfigInfo")}
        for priority in sorted(set(priorities.values()), reverse=True):
            names = [name for name, other in priorities.items() if other == priority]
            with ThreadPoolExecutor(len(names)) as pool:
                list(pool.map(self.stop_process, names))

    def shutdown(self) -> None:
        """Asks supervisord to stop what still runs and then itself; returns at once."""
        self._call("shutdown")

    def _call(self, method: str, *arguments: Any) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=cast(Any, transport))
        try:
            return getattr(proxy.supervisor, method)(*arguments)
        except xmlrpc.client.Fault as fault:
            if STOPPING in fault.faultString:
                raise ConnectionResetError("the process manager is stopping") from fault
            raise
        finally:
            transport.close()


def render(programs: Iterable[Program], settings: MeshSettings, socket: Path, pid_file: Path) -> str:
    """Renders supervisord's configuration."""
    sections = [
        f"""[unix_http_server]
file={_escape(socket)}
chmod=0700

[supervisord]
logfile={_escape(settings.logs / "supervisord.log")}
logfile_maxbytes=5MB
logfile_backups=2
pidfile={_escape(pid_file)}
childlogdir={_escape(settings.logs)}
{"user=root" if os.geteuid() == 0 else ""}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""
    ]
    for program in programs:
        sections.append(
            f"""[program:{program.name}]
command={" ".join(_quote(part) for part in program.command)}
environment={_environment({"PYTHONUNBUFFERED": "1", **program.environment})}
directory={_escape(program.directory)}
{f"user={program.user}" if program.user else ""}
priority={program.priority}
autostart=false
autorestart=true
startsecs={START_S}
startretries={RETRIES}
stopsignal={program.stop_signal}
stopwaitsecs={program.stop_seconds}
killasgroup=true
redirect_stderr=true
stdout_logfile={_escape(settings.logs / f"{program.name}.log")}
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""
        )
    return "\n".join(sections)


def _escape(value: object) -> str:
    """supervisord expands %(name)s in every value."""
    return str(value).replace("%", "%%")


def _quote(part: str) -> str:
    return '"' + _escape(part).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _environment(values: Mapping[str, str]) -> str:
    # supervisord knows no escapes inside these quotes; preflight refuses folders with a quote in their name.
    return ",".join(f'{name}="{_escape(value)}"' for name, value in values.items())
