"""Batch work on the features of the shop on this machine, told what its worker is told."""

import os
import subprocess
import sys
from collections.abc import Sequence

from local.settings import MeshSettings
from local.up import mesh_of

WORKER = "recs-worker"


def features(settings: MeshSettings, work: Sequence[str]) -> int:
    """Runs `python -m services.recs.features` with what is asked for; returns its exit code.

    Raises:
        MeshError: there is no shop in the data folder.
    """
    told = mesh_of(settings).part(WORKER).program.environment
    command = (sys.executable, "-m", "services.recs.features", *work)
    return subprocess.run(command, env={**os.environ, **told}, check=False).returncode  # noqa: S603
