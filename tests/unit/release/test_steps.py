"""Between training and publishing."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from tests.support.postgres import free_port
from trainers.release.errors import ReleaseError
from trainers.release.steps import going_on, wait

STEPS = ("extract", "train", "publish", "promote")


@pytest.fixture
def late() -> Iterator[str]:
    """The address of a server that starts in a moment."""
    address = f"127.0.0.1:{free_port()}"
    server = grpc.server(ThreadPoolExecutor(1))

    def start() -> None:
        server.add_insecure_port(address)
        server.start()

    timer = threading.Timer(0.5, start)
    timer.start()
    yield address
    timer.join()
    server.stop(None).wait()


def test_a_part_that_starts_again_is_waited_for(late: str) -> None:
    wait([late, late], patience_s=20)


def test_one_replica_is_enough(late: str) -> None:
    wait([f"127.0.0.1:{free_port()},{late}"], patience_s=20)


def test_a_part_that_is_gone_is_named() -> None:
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(ReleaseError, match=f"Nothing answers at {address} for 0.2 s"):
        wait([address], patience_s=0.2)


@pytest.mark.parametrize(
    ("step", "left"),
    [
        ("publish", "python -m trainers.clip publish, then python -m trainers.clip promote"),
        ("promote", "python -m trainers.clip promote"),
    ],
)
def test_what_was_trained_goes_on_by_commands_that_are_named(step: str, left: str) -> None:
    said = f"^search is down. What was trained is kept and goes on with: {left}$"
    with pytest.raises(ReleaseError, match=said), going_on("trainers.clip", step, STEPS):
        raise ReleaseError("search is down.")


@pytest.mark.parametrize(("step", "steps"), [("train", STEPS), ("publish", ("publish",))])
def test_where_nothing_was_trained_nothing_is_added(step: str, steps: tuple[str, ...]) -> None:
    with pytest.raises(ReleaseError, match=r"^search is down\.$"), going_on("trainers.clip", step, steps):
        raise ReleaseError("search is down.")
