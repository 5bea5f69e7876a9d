"""The shop that is measured, and the tables that come of it."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from rich.console import Console
from rich.table import Table

from local.settings import load
from local.supervision import Supervisor
from tests.support.mesh import RunningMesh, running


@pytest.fixture(scope="session")
def shop(request: pytest.FixtureRequest) -> Iterator[RunningMesh]:
    """The shop that `make up` started in AISLE_DATA; a small one is started where none runs."""
    settings = load()
    if "AISLE_TEST_DATA" not in os.environ and Supervisor(settings).answers():
        yield running(Path(settings.data))
    else:
        yield request.getfixturevalue("mesh")


def describe(shop: RunningMesh) -> str:
    """Which shop was measured, and on what."""
    reply = httpx.get(f"{shop.url}/v1/products", params={"pageSize": 1}, timeout=10, trust_env=False)
    load_1 = os.getloadavg()[0]
    return (
        f"{reply.json()['totalSize']} products, {os.cpu_count()} cores, {shop.settings.replicas} replica(s) of each "
        f"service; load of the machine before: {load_1:.1f}"
    )


def show(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """Prints a table."""
    table = Table(*columns, title=title, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows:
        table.add_row(*row)
    Console(width=140).print("\n", table)
