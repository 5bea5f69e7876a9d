"""Has the gateway's configuration rendered for this mesh's ports."""

import subprocess
import sys

from local.console import step
from local.errors import MeshError
from local.processes import Mesh
from local.settings import ROOT


def render_gateway(mesh: Mesh) -> None:
    """Writes run/envoy.yaml.

    Raises:
        MeshError: the template or the contracts do not render.
    """
    run = mesh.settings.run
    command = [
        sys.executable,
        "-m",
        "gateway.render",
        "--ports",
        str(run / "ports.json"),
        "--host",
        mesh.settings.host,
        "--out",
        str(run / "envoy.yaml"),
    ]
    with step("render the gateway's configuration"):
        made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    if made.returncode:
        raise MeshError(f"The gateway's configuration could not be rendered:\n{made.stderr[-2000:]}")
