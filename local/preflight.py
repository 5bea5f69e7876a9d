"""Checks the machine before anything is started: what is missing is said in a sentence."""

import importlib.util
import os
import shutil
import sys
import tempfile
from pathlib import Path

from local import milvus
from local.errors import MeshError
from local.processes import BIN
from local.settings import MeshSettings

# Measured: the default shop with its pictures, database, vectors and a release takes under 1 GB.
NEEDED_BYTES = 2 * 2**30
TOOLS = ("envoy", "supervisord")


def check(settings: MeshSettings) -> None:
    """Holds the machine against what the mesh needs.

    Raises:
        MeshError: the first thing that is wrong, and what to do about it.
    """
    python()
    tools()
    if settings.milvus == "server":
        milvus_server()
    data_folder(settings.data)
    disk(settings.data)


def python() -> None:
    """Refuses an interpreter that is too old."""
    if sys.version_info < (3, 11):  # noqa: UP036 - a person may run `python -m local` with any interpreter
        raise MeshError("Aisle needs Python 3.11 or newer. Use `make up`, which finds one or says so.")


def tools() -> None:
    """Refuses an environment without the programs the mesh runs."""
    for name in TOOLS:
        if not (BIN / name).exists():
            raise MeshError(f"{BIN / name} is missing. Run `make setup`; if it stays missing, delete .venv first.")
    if not importlib.util.find_spec("milvus_lite"):
        raise MeshError("Milvus Lite is not installed here. Run `make setup`; if it stays missing, delete .venv first.")
    if not importlib.util.find_spec("aisle"):
        raise MeshError("The generated contracts are not on Python's path. Run `make setup`.")


def milvus_server() -> None:
    """Refuses a shop whose index is in the real Milvus where that is not installed."""
    if not milvus.PROGRAM.is_file():
        raise MeshError(
            f"The real Milvus is not installed in {milvus.ENVIRONMENT}. `make up MILVUS=server` installs it; "
            "`make up MILVUS=lite` makes the index anew in the embedded one."
        )


def data_folder(data: Path) -> None:
    """Makes the data folder and tries to write into it."""
    if any(character in str(data) for character in "\"'\n;%"):
        raise MeshError(
            f"AISLE_DATA is {data}; its path must have no quotes, semicolons, percent signs or line breaks."
        )
    try:
        data.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=data):
            pass
        for name in ("run", "logs", "model_repository", "pictures", "releases", "feast"):
            (data / name).mkdir(exist_ok=True)
        (data / "run").chmod(0o700)
    except OSError as error:
        raise MeshError(
            f"{data} cannot be written ({error.strerror}). Make it writable for you, or name another folder: "
            "make up AISLE_DATA=/path/to/folder"
        ) from error


def disk(data: Path) -> None:
    """Refuses a disk that would fill up."""
    free = shutil.disk_usage(data).free
    needed = int(os.environ.get("AISLE_NEEDED_BYTES", NEEDED_BYTES))
    if free < needed:
        raise MeshError(
            f"The disk of {data} has {free / 2**30:.1f} GB free and the shop needs {needed / 2**30:.1f}. "
            "Free some space, or name a folder on another disk: make up AISLE_DATA=/path/to/folder"
        )
