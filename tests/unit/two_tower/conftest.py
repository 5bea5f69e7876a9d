"""One training that the tests share."""

import io

import pytest
from rich.console import Console

from tests.support.shops import small_shop
from trainers.two_tower.build import Built, build
from trainers.two_tower.config import Config

SHOP = small_shop()
QUICK = Config(progress=False, device="cpu", max_epochs=12, batch_size=32, learning_rate=5e-3, warmup_steps=5)


def console() -> Console:
    """Prints to nowhere."""
    return Console(file=io.StringIO(), width=120)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Towers of the small shop, and the files of their release."""
    return build(SHOP, QUICK, tmp_path_factory.mktemp("built"), "a test", console())


@pytest.fixture
def unexported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Towers that are measured and reported, and not exported, which takes most of the time."""
    monkeypatch.setattr("trainers.two_tower.build._write_towers", lambda *_: {})
