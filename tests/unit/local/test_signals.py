"""What signals do to a program that starts and stops a shop."""

import os
import signal
from collections.abc import Iterator

import pytest

from local.signals import stopped_by_signals, undisturbed


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Those of before come back."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_ends_what_is_started_in_an_orderly_way(number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt), stopped_by_signals():
        os.kill(os.getpid(), number)


def test_the_end_of_the_terminal_ends_no_shop_that_was_started_by_nohup() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with stopped_by_signals():
        os.kill(os.getpid(), signal.SIGHUP)
        with undisturbed("Wait."):
            os.kill(os.getpid(), signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_a_job_in_the_background_is_ended_by_ctrl_c_as_well() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with pytest.raises(KeyboardInterrupt), stopped_by_signals():
        os.kill(os.getpid(), signal.SIGINT)
