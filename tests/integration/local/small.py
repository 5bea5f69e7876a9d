"""`python -m local`, with a mesh of PostgreSQL and Milvus alone: run as a program by the tests beside it."""

import sys

from local import __main__ as program
from local import up
from local.processes import Mesh, Part

everything = Mesh.parts


def two_parts(mesh: Mesh) -> list[Part]:
    """Leaves out the services and the gateway."""
    return [part for part in everything(mesh) if part.name in ("postgres", "milvus")]


def nothing(mesh: Mesh) -> None:
    """There is no gateway to render and no catalogue to fill."""


if __name__ == "__main__":
    Mesh.parts = two_parts  # type: ignore[method-assign]
    up.render_gateway = up.fill = nothing  # type: ignore[assignment]
    sys.exit(program.main())
