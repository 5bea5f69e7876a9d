"""Callers of a running shop."""

import pytest

from tests.fuzz import shop
from tests.support.mesh import RunningMesh


@pytest.fixture(scope="package")
def callers(mesh: RunningMesh) -> shop.Callers:
    return shop.callers(mesh)
