"""What a program does between training and publishing: a shop that lost a part meanwhile loses no training."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import grpc

from trainers.release.errors import ReleaseError
from trainers.release.services import channel

PUBLISH, PROMOTE = "publish", "promote"
PATIENCE_S = 60.0
"""For each part. Search of 40,000 products takes some ten seconds to start again."""


def wait(addresses: Iterable[str], patience_s: float = PATIENCE_S) -> None:
    """Waits until something answers at each address (of replicas, separated by commas: at one of them).

    Raises:
        ReleaseError: at one of them nothing does for so many seconds.
    """
    for address in addresses:
        with channel(address) as opened:
            try:
                grpc.channel_ready_future(opened).result(patience_s)
            except grpc.FutureTimeoutError as error:
                raise ReleaseError(
                    f"Nothing answers at {address} for {patience_s:g} s. Is the shop running (make status)?"
                ) from error


@contextmanager
def going_on(program: str, step: str, steps: Sequence[str]) -> Iterator[None]:
    """Says how to go on where publishing what was trained before fails.

    Args:
        program: the module.
        step: the one that runs.
        steps: all that were asked for.

    Raises:
        ReleaseError: the step raises it.
    """
    try:
        yield
    except ReleaseError as error:
        if len(steps) == 1 or step not in (PUBLISH, PROMOTE):
            raise
        left = ", then ".join(f"python -m {program} {later}" for later in steps[steps.index(step) :])
        raise ReleaseError(f"{error} What was trained is kept and goes on with: {left}") from error
