"""Ctrl-C stops in order, and a second one does not stop the stopping."""

import os
import signal

import pytest

from local.signals import STOPPING, stopped_by_signals, undisturbed


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
