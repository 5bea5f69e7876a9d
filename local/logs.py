"""Follows the processes' logs, each line with the name of who wrote it."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from local.console import console
from local.errors import MeshError

COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "bright_red")
LAST_LINES = 10


def logs(folder: Path, names: Sequence[str], follow: bool = True) -> None:
    """Prints the end of the logs and then what is added, until interrupted.

    Raises:
        MeshError: there is no log of that name, or none at all.
    """
    present = sorted(path.stem for path in folder.glob("*.log"))
    chosen = list(names) or present
    if unknown := sorted(set(chosen) - set(present)):
        raise MeshError(
            f"There is no log of {', '.join(unknown)} in {folder}. There are: {', '.join(present) or 'none'}."
        )
    if not chosen:
        raise MeshError(f"There are no logs in {folder} yet. `make up` starts the shop.")
    followed = [Followed(folder / f"{name}.log", COLOURS[i % len(COLOURS)]) for i, name in enumerate(chosen)]
    while True:
        for log in followed:
            log.print_new()
        if not follow:
            return
        time.sleep(0.3)


class Followed:
    """One log: how far it was printed. Starts over when the file is rotated."""

    def __init__(self, path: Path, colour: str) -> None:
        self._path = path
        self._colour = colour
        self._file = path.open(errors="replace")
        lines = self._file.readlines()
        self._print(lines[-LAST_LINES:])

    def print_new(self) -> None:
        """Prints what was added since the last time."""
        self._print(self._file.readlines())
        try:
            rotated = self._path.stat().st_ino != _inode(self._file.fileno())
        except FileNotFoundError:
            return
        if rotated or self._path.stat().st_size < self._file.tell():
            self._file.close()
            self._file = self._path.open(errors="replace")

    def _print(self, lines: Sequence[str]) -> None:
        for line in lines:
            console.print(f"[{self._colour}]{self._path.stem:>12}[/] ", end="")
            console.print(line.rstrip("\n"), markup=False, soft_wrap=True)


def _inode(descriptor: int) -> int:
    return os.fstat(descriptor).st_ino
