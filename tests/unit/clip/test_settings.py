"""Settings on the command line that make no sense are refused before anything begins."""

from dataclasses import fields

import pytest

from trainers.clip import __main__ as command
from trainers.clip.config import COUNTS, SHARES, Config


@pytest.mark.parametrize(
    ("flag", "given", "said"),
    [
        ("--dimension", "0", "'0' is no whole number from 1 up"),
        ("--hard-share", "7", "'7' is no number from 0 to 1"),
        ("--text-rate", "-1", "'-1' is no number from 0 up"),
        ("--tuned-epochs", "many", "'many' is no whole number from 0 up"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(
    flag: str, given: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        command.main(["train", f"{flag}={given}"])
    assert refused.value.code == 2
    assert f"argument {flag}: {said}" in capsys.readouterr().err


def test_the_limits_are_of_settings_that_there_are() -> None:
    assert {field.name for field in fields(Config)} >= COUNTS | SHARES
    assert all(getattr(Config(), name) >= 1 for name in COUNTS)
    assert all(0 <= getattr(Config(), name) <= 1 for name in SHARES)
