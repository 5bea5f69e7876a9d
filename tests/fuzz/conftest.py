"""Callers of a running shop."""

import pytest

from tests.fuzz import shop
from tests.support.mesh import RunningMesh


@pytest.fixture(scope="module")
def callers(mesh: RunningMesh) -> shop.Callers:
    """Of one test file: what one deletes, another would look for in vain."""
    return shop.callers(mesh)
