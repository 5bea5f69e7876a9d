from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.inference.repository import Repository


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture
def repository(tmp_path: Path, threads: ThreadPoolExecutor) -> Repository:
    return Repository(tmp_path, threads, threads)
