"""Stops a mesh: everything it started, and nothing else."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from local import console, encoders
from local.errors import MeshError
from local.ownership import end, outside, own, wait_gone
from local.settings import MeshSettings
from local.supervision import Supervisor

# supervisord stops one after another; services finish their calls, databases write their state.
PATIENCE_S = 90.0


def down(settings: MeshSettings) -> int:
    """Stops the mesh; returns how many processes were stopped.

    Raises:
        MeshError: something of the mesh could not be stopped.
    """
    with stopping(settings):
        return _down(settings)


@contextmanager
def stopping(settings: MeshSettings) -> Iterator[None]:
    """Lets one after the other stop a shop: the second would run ahead of services that the first lets finish."""
    if not settings.run.is_dir():
        yield
        return
    lock = os.open(settings.run, os.O_RDONLY)  # the folder itself: a disk that is full has no room for a file
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            console.console.print("  somebody stops this shop already; waiting for them")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _down(settings: MeshSettings) -> int:
    supervisor = Supervisor(settings)
    encoders.stop(settings)
    began = time.monotonic()
    processes = own(settings)
    if not processes:
        return 0
    with console.console.status("stopping"):
        # Stopping in order loses nothing; the rest is for what a crashed process manager left behind.
        if supervisor.answers():
            end(outside(processes, supervisor.pid()))  # nobody else tells these, and all would be waited for
            with suppress(OSError):  # it was told to stop by its signal meanwhile
                supervisor.stop_all()
                supervisor.shutdown()
            wait_gone(processes, PATIENCE_S)
        killed = end(own(settings))
    for process in killed:
        console.console.print(f"  [yellow]process {process.pid} did not stop when asked and was killed[/]")
    if remaining := own(settings):
        pids = ", ".join(str(process.pid) for process in remaining)
        raise MeshError(f"These processes of the shop could not be stopped: {pids}. Were they started by another user?")
    console.done(f"stopped {len(processes)} processes", time.monotonic() - began)
    return len(processes)
