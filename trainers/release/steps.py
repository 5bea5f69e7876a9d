"""Steps of a program that trains and publishes: a shop that lost a part meanwhile loses no training."""

import os
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from trainers.release.errors import Overtaken, ReleaseError, Unavailable
from trainers.release.locks import changing

PUBLISH, PROMOTE, PRUNE = "publish", "promote", "prune"
WAYS = ("canary", "rollback")
"""Of registered releases to answer: they train nothing."""
TOGETHER = ("all", "retrain")
"""What stands for several steps."""
CHANGING = (PUBLISH, PROMOTE, *WAYS, PRUNE)
"""What works on releases, and not on the candidate alone."""
PATIENCE_S = 60.0
"""For all parts. Search of 40,000 products takes some ten seconds to start again."""
LOOK_S = 1.0
Probe = Callable[[], object]
"""Asks a part for something; raises Unavailable where it does not answer."""


@dataclass(frozen=True)
class Program:
    """What was asked for.

    Args:
        name: the module.
        arguments: the command line.
        steps: all that it stands for.
        releases: the folder of all releases.
        console: for people.
    """

    name: str
    arguments: Sequence[str]
    steps: Sequence[str]
    releases: Path
    console: Console

    @contextmanager
    def running(self, step: str, probes: Sequence[Probe]) -> Iterator[None]:
        """Waits for the shop and for its turn where the step needs them.

        Args:
            step: one of the steps.
            probes: of the parts that publishing calls.

        Raises:
            ReleaseError: the step raises it, or the shop does not come back; says how what was trained goes on.
        """
        with self._going_on(step):
            if step == PUBLISH and len(self.steps) > 1:
                wait(probes)
            with changing(self.releases, self.console) if step in CHANGING else nullcontext():
                yield

    @contextmanager
    def _going_on(self, step: str) -> Iterator[None]:
        try:
            yield
        except Overtaken:
            raise
        except (ReleaseError, OSError) as error:
            if len(self.steps) == 1 or step not in (PUBLISH, PROMOTE):
                raise
            left = self.steps[list(self.steps).index(step) :]
            commands = ", then ".join(map(self._command, left))
            raise ReleaseError(f"{error} What was trained is kept and goes on with: {commands}") from error

    def _command(self, step: str) -> str:
        """The command line of another step, of the same places."""
        given = [step if argument in TOGETHER else argument for argument in self.arguments]
        if "--every" in given:
            at = given.index("--every")
            del given[at : at + 2]
        named = any(argument.partition("=")[0] == "--data" for argument in given)
        if not named and (data := os.environ.get("AISLE_DATA")):
            given += ["--data", data]
        return shlex.join(["python", "-m", self.name, *given])


def wait(probes: Sequence[Probe], patience_s: float = PATIENCE_S) -> None:
    """Waits until all parts answer that may be starting again.

    Raises:
        ReleaseError: one does not for so many seconds, or refuses.
    """
    end = time.monotonic() + patience_s
    for probe in probes:
        while not _answers(probe, last=time.monotonic() > end):
            time.sleep(LOOK_S)


def _answers(probe: Probe, last: bool) -> bool:
    try:
        probe()
    except Unavailable:
        if last:
            raise
        return False
    return True
