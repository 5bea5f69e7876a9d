"""What runs, where, and how it is."""

import asyncio
import time
from collections.abc import Sequence

import grpc
import psutil
from rich.table import Table

from local.console import console
from local.errors import MeshError
from local.ownership import own
from local.processes import Mesh, Part
from local.supervision import ProcessInfo, Supervisor

HEALTHY = "[green]healthy[/]"


async def _health(part: Part) -> str:
    try:
        await part.probe()
    except grpc.aio.AioRpcError as error:
        return f"[red]{error.code().name}[/]"
    except Exception as error:  # shown to the person who asked
        return f"[red]{error or type(error).__name__}[/]"
    return HEALTHY


async def _healths(parts: list[Part]) -> list[str]:
    return await asyncio.gather(*map(_health, parts))


def status(mesh: Mesh, supervisor: Supervisor, names: Sequence[str] = ()) -> bool:
    """Prints a table of the processes (all, when none is named); returns whether all of them are healthy.

    One that does not run is not asked: what answers at its address is not it.

    Raises:
        MeshError: a name is not one of the mesh's processes.
    """
    known = {info.name: info for info in supervisor.processes()}
    parts = mesh.parts()
    if unknown := set(names) - {part.name for part in parts}:
        everything = ", ".join(part.name for part in parts)
        raise MeshError(f"There is no process {', '.join(sorted(unknown))}. There are: {everything}.")
    if not known:
        _say_unmanaged(mesh)
        return False
    parts = [part for part in parts if not names or part.name in names]
    running = [part for part in parts if part.name in known and known[part.name].pid]
    healths = dict(zip((part.name for part in running), asyncio.run(_healths(running)), strict=True))
    table = Table("process", "state", "health", "pid", "up", "memory", "address")
    for part in parts:
        table.add_row(part.name, *_columns(known.get(part.name), healths.get(part.name, "")), part.address)
    console.print(table)
    console.print(f"State and logs: {mesh.settings.data}")
    return all(healths.get(part.name) == HEALTHY for part in parts)


def _say_unmanaged(mesh: Mesh) -> None:
    """Says what is left where no process manager answers."""
    if left := own(mesh.settings):
        text = f"{len(left)} processes of {mesh.settings.data} are left without their manager. To stop them: make down"
    else:
        text = f"Nothing of {mesh.settings.data} runs. To start it: make up"
    console.print(text, soft_wrap=True)


def _columns(info: ProcessInfo | None, health: str) -> tuple[str, str, str, str, str]:
    if info is None or not info.pid:
        return (info.state.lower() if info else "absent", health, "", "", "")
    try:
        process = psutil.Process(info.pid)
        family = [process, *process.children(recursive=True)]
        memory = f"{sum(member.memory_info().rss for member in family) / 2**20:.0f} MB"
    except psutil.Error:
        memory = ""
    seconds = int(time.time() - info.started)
    return (
        info.state.lower(),
        health,
        str(info.pid),
        f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}",
        memory,
    )
