"""Who keeps whom out: one makes a candidate at a time, which takes minutes; one says what answers, which takes seconds.

Whoever takes a bad release back does not wait for a training.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from rich.console import Console

from trainers.release.errors import ReleaseError

PATIENCE_S = 900.0
"""For who publishes or promotes now: loading three models, and flushing and loading a collection, may take as long."""
LOOK_S = 0.2


@contextmanager
def making(releases: Path) -> Iterator[None]:
    """Keeps a second trainer out.

    Args:
        releases: the folder of all releases.

    Raises:
        ReleaseError: somebody makes a release already.
    """
    with _file(releases, ".making") as lock:
        if not _taken(lock):
            raise ReleaseError(f"A release is being made in {releases} already; wait for it.")
        yield


@contextmanager
def changing(releases: Path, console: Console, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Lets one publish, promote or take back at a time, the others after it.

    Args:
        releases: the folder of all releases.
        console: for people.
        patience_s: how long to wait for others, in seconds.

    Raises:
        ReleaseError: somebody else takes longer.
    """
    with _file(releases, ".changing") as lock:
        end = time.monotonic() + patience_s
        if not (taken := _taken(lock)):
            console.print("A release is being published or promoted; this waits for it.")
        while not taken and not _taken(lock):
            if time.monotonic() > end:
                raise ReleaseError(
                    f"A release is being published or promoted in {releases} for more than {patience_s:g} s. "
                    "Try again when that has ended."
                )
            time.sleep(LOOK_S)
        yield


def _file(releases: Path, name: str) -> IO[str]:
    releases.mkdir(parents=True, exist_ok=True)
    return (releases / name).open("w")


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
