"""Which processes are this mesh's own: known by the marker in their environment, never by their name."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import psutil

from local.settings import MARKER, MeshSettings

REAPED_WITHIN_S = 5.0
"""A process that has ended is taken off the system's list at once; this long only where everything stands still."""


def own(settings: MeshSettings) -> list[psutil.Process]:
    """Finds every running process of this mesh, whoever its parent is now.

    psutil.Process remembers the start time beside the pid, so a pid that the system gave to someone else in
    between is never mistaken for ours.
    """
    found = {}
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARKER) == settings.marker:
                found[process.pid] = process
        except (psutil.Error, OSError):
            continue  # gone, a kernel thread, or another user's
    if postmaster := _postmaster(settings.data / "postgres"):
        found[postmaster.pid] = postmaster
    # PostgreSQL's backends write their title over their environment; they are found through their parent.
    for process in list(found.values()):
        try:
            found.update({child.pid: child for child in process.children(recursive=True)})
        except psutil.Error:
            continue
    return list(found.values())


def _postmaster(folder: Path) -> psutil.Process | None:
    """The server that holds the database's folder, if its lock file tells the truth."""
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
        process = psutil.Process(int(lines[0]))
        # Line 3 is when it started; the file is written a moment after the process began.
        told_truth = abs(process.create_time() - int(lines[2])) < 5 and str(folder) in process.cmdline()
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    return process if told_truth else None


def end(processes: Sequence[psutil.Process], patience: float = 10.0) -> list[psutil.Process]:
    """Stops processes: asks, waits, then kills. Returns those that had to be killed."""
    signal_each(processes, "terminate")
    alive = wait_gone(processes, patience)
    signal_each(alive, "kill")
    wait_gone(alive, 5)
    return alive


def wait_gone(processes: Sequence[psutil.Process], patience: float) -> list[psutil.Process]:
    """Waits for processes to end, for so many seconds at most. Returns those that did not."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return list(psutil.wait_procs(processes, timeout=max(0.0, deadline - time.monotonic()))[1])
        except (FileNotFoundError, psutil.Error):
            # Linux 6.15 and later answer ENOENT of a process that is just being reaped. psutil 7.2 lets that through,
            # or says that there is no such process, or a zombie.
            if time.monotonic() > deadline + REAPED_WITHIN_S:
                raise
            time.sleep(0.01)


def outside(processes: Sequence[psutil.Process], manager: int) -> list[psutil.Process]:
    """Those that are neither the process manager nor started by it: imports and trainings of an `up`."""
    try:
        inside = {manager, *(child.pid for child in psutil.Process(manager).children(recursive=True))}
    except psutil.Error:
        return []
    return [process for process in processes if process.pid not in inside]


def signal_each(processes: Iterable[psutil.Process], method: str) -> None:
    """Sends each process a signal by psutil's method of that name; those that are gone are no error."""
    for process in processes:
        try:
            getattr(process, method)()
        except psutil.Error:
            continue
