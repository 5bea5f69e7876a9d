"""Stops a mesh: everything it started, and nothing else."""

import time
from contextlib import suppress

from local import console, encoders
from local.errors import MeshError
from local.ownership import end, own, wait_gone
from local.settings import MeshSettings
from local.supervision import Supervisor

# supervisord stops one after another; services finish their calls, databases write their state.
PATIENCE_S = 90.0


def down(settings: MeshSettings) -> int:
    """Stops the mesh; returns how many processes were stopped.

    Raises:
        MeshError: something of the mesh could not be stopped.
    """
    supervisor = Supervisor(settings)
    encoders.stop(settings)
    began = time.monotonic()
    processes = own(settings)
    if not processes:
        return 0
    with console.console.status("stopping"):
        # Stopping in order loses nothing; the rest is for what a crashed process manager left behind.
        if supervisor.answers():
            with suppress(OSError):  # somebody else stops the same shop, and was quicker
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
