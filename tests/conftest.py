import csv
import signal
from collections.abc import Iterator

import pytest

from services.kit import context

pytest_plugins = ["tests.support.postgres", "tests.support.mesh"]


def pytest_configure() -> None:
    """Lets children be stopped by Ctrl-C, which a run in the background of a shell ignores, and they with it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def cells_of_csv() -> Iterator[None]:
    """How long a cell may be is a setting of the process, which the importer makes: no other test has it."""
    limit = csv.field_size_limit()
    yield
    csv.field_size_limit(limit)


@pytest.fixture(autouse=True)
def outside_of_calls() -> Iterator[None]:
    """No test is inside of a call that another one entered."""
    yield
    context._call.set(None)


@pytest.fixture
def terminal() -> Iterator[None]:
    """What is started here ends with its terminal, also where `nohup` has started the tests."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)
