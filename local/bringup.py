"""Starts the parts in the order of what they wait for, and watches that none of them dies again and again."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import grpc

from local import console
from local.errors import MeshError
from local.processes import Part
from local.settings import MeshSettings
from local.supervision import ProcessInfo, Supervisor

# How often the process manager and the parts are asked; health arrives at most this late.
POLL_S = 0.2
PATIENT_TIMES = 5
"""Questions in a row that the process manager may leave without an answer before it counts as gone."""
# A process that was started this often without ever being healthy in between will not come up by itself.
MOST_STARTS = 4
# A cold start of the slowest part took 9 s on two busy cores; one that needs longer than this hangs.
PATIENCE_S = 120.0
TAIL_LINES = 25
# A shop that is up is looked at this often.
WATCH_S = 1.0


class CrashLoops:
    """Counts how often each process was started since it last was healthy."""

    def __init__(self) -> None:
        self._starts: dict[str, set[int]] = defaultdict(set)

    def saw(self, info: ProcessInfo) -> bool:
        """Takes note of a process's last start; returns whether it is a new one."""
        if not info.started or info.started in self._starts[info.name]:
            return False
        self._starts[info.name].add(info.started)
        return True

    def healthy(self, name: str, started: int) -> None:
        """Forgives a process its earlier starts."""
        self._starts[name] = {started} if started else set()

    def looping(self, name: str) -> bool:
        """Whether the process was started too often without success."""
        return len(self._starts[name]) >= MOST_STARTS


def tail(log: Path) -> str:
    """The end of a log, for people."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
    except OSError:
        return ""


def crash_sentence(settings: MeshSettings, name: str) -> MeshError:
    """Says that a process does not stay up, and shows what it said last."""
    log = settings.logs / f"{name}.log"
    return MeshError(f"{name} ends again and again right after its start. The end of {log}:\n\n{tail(log)}")


class BringUp:
    """One run of starting everything."""

    def __init__(self, settings: MeshSettings, supervisor: Supervisor, parts: Sequence[Part]) -> None:
        self._settings = settings
        self._supervisor = supervisor
        self._parts = parts
        self._healthy = {part.name: asyncio.Event() for part in parts}
        self.loops = CrashLoops()

    async def run(self) -> None:
        """Starts every part as soon as those it waits for are healthy; returns when all are.

        Raises:
            MeshError: a part does not stay up, or does not become healthy in time.
        """
        with console.console.status("starting") as status:
            async with asyncio.TaskGroup() as group:
                watcher = group.create_task(self._watch())
                tasks = [group.create_task(self._start(part)) for part in self._parts]
                while waiting := [part.name for part, task in zip(self._parts, tasks, strict=True) if not task.done()]:
                    status.update(f"waiting for {', '.join(waiting)}")
                    await asyncio.sleep(POLL_S)
                watcher.cancel()

    async def _start(self, part: Part) -> None:
        for name in part.after:
            await self._healthy[name].wait()
        began = time.monotonic()
        self._supervisor.start_process(part.name)
        await self._wait(part, began)
        if part.once_healthy:
            await part.once_healthy()
        self._healthy[part.name].set()
        console.done(f"{part.name} on {part.address}", time.monotonic() - began)

    async def _wait(self, part: Part, began: float) -> None:
        while True:
            try:
                await part.probe()
                return
            except grpc.aio.AioRpcError as error:
                reason = error.details() or error.code().name
            except Exception as error:  # whatever a probe meets, the part is not healthy yet
                reason = str(error) or type(error).__name__
            if time.monotonic() - began > PATIENCE_S:
                log = self._settings.logs / f"{part.name}.log"
                raise MeshError(
                    f"{part.name} runs but is not healthy after {PATIENCE_S:.0f} s: {reason}. "
                    f"The end of {log}:\n\n{tail(log)}"
                )
            await asyncio.sleep(POLL_S)

    async def _watch(self) -> None:
        silent = 0
        while True:
            processes = self._supervisor.processes()
            silent = 0 if processes else silent + 1
            if silent > PATIENT_TIMES:
                raise MeshError("The process manager is gone: the shop was stopped from elsewhere while it came up.")
            for info in processes:
                self.loops.saw(info)
                if self.loops.looping(info.name):
                    raise crash_sentence(self._settings, info.name)
            await asyncio.sleep(POLL_S)


def bring_up(settings: MeshSettings, supervisor: Supervisor, parts: Sequence[Part]) -> None:
    """Starts everything and waits until it is healthy."""

    async def run() -> None:
        await BringUp(settings, supervisor, parts).run()

    try:
        asyncio.run(run())
    except* (MeshError, OSError) as group:
        raise group.exceptions[0] from None


def stay(settings: MeshSettings, supervisor: Supervisor, parts: Sequence[Part]) -> None:
    """Stays in the foreground until the mesh is stopped from elsewhere, and says which processes do not stay up."""
    asyncio.run(_stay(settings, supervisor, parts))


def is_another(before: int, now: int) -> bool:
    """Whether a second process manager stands where the first one was; one that does not answer, 0, says nothing."""
    return bool(before and now and before != now)


async def _stay(settings: MeshSettings, supervisor: Supervisor, parts: Sequence[Part]) -> None:
    loops = CrashLoops()
    probes = {part.name: part.probe for part in parts}
    for info in supervisor.processes():
        loops.healthy(info.name, info.started)
    restarted: dict[str, int] = {}
    said: set[str] = set()  # once a loop: the process manager goes on trying, and the other parts serve
    manager = supervisor.pid()
    while (processes := supervisor.processes()) and not is_another(manager, supervisor.pid()):
        for info in processes:
            if loops.saw(info):
                restarted[info.name] = info.started
                if info.name in said:
                    continue
                console.console.print(
                    f"  [yellow]{info.name} ended and was started again (make logs ARGS={info.name})[/]"
                )
                if loops.looping(info.name):
                    said.add(info.name)
                    console.console.print(str(crash_sentence(settings, info.name)), markup=False)
        for name, started in list(restarted.items()):
            try:
                await probes[name]()
            except Exception:  # noqa: S112 - not healthy yet; the loop asks again
                continue
            loops.healthy(name, started)
            del restarted[name]
            said.discard(name)
            console.console.print(f"  [green]{name} is healthy again[/]")
        await asyncio.sleep(WATCH_S)
