import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from trainers.simulator import shop
from trainers.simulator.pictures import NoPictures
from trainers.simulator.progress import Steps

UNTIL = datetime(2026, 6, 1, tzinfo=UTC)
PRODUCTS, SHOPPERS = 1000, 300


def quiet() -> Steps:
    return Steps(Console(file=io.StringIO()), quiet=True)


def watch(shoppers: int = SHOPPERS, seed: int = 7) -> shop.Watch:
    return shop.Watch(shoppers, UNTIL, 120, seed)


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop without pictures, made once for all tests that only read it."""
    folder = tmp_path_factory.mktemp("simulated") / "shop"
    shop.make_shop(PRODUCTS, watch(), folder, NoPictures(), quiet())
    return folder
