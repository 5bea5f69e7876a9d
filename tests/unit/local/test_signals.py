"""Ctrl-C stops in order, and a second one does not stop the stopping."""

import os
import signal

import pytest

from local.signals import STOPPING, stopped_by_signals, undisturbed

pytestmark = pytest.mark.usefixtures("terminal")


@pytest.mark.parametrize("number", STOPPING)
def test_each_of_them_interrupts_and_what_was_before_comes_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), stopped_by_signals():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", STOPPING)
def test_who_cannot_wait_is_told_and_the_work_comes_to_its_end(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    done = False
    with stopped_by_signals():
        with undisturbed("half of it would go on"):
            os.kill(os.getpid(), number)
            done = True
        assert done
        assert "half of it would go on" in capsys.readouterr().out
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)


def test_the_end_of_the_terminal_ends_no_shop_that_was_started_by_nohup() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with stopped_by_signals():
        os.kill(os.getpid(), signal.SIGHUP)
        with undisturbed("Wait."):
            os.kill(os.getpid(), signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_a_job_in_the_background_is_ended_by_ctrl_c_as_well() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    with pytest.raises(KeyboardInterrupt), stopped_by_signals():
        os.kill(os.getpid(), signal.SIGINT)
    signal.signal(signal.SIGINT, before)
