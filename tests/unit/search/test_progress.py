"""What is said while a build is filled."""

import pytest

from services.search.worker import progress
from services.search.worker.progress import Filling, line


def test_the_line_says_how_far_how_fast_and_how_long() -> None:
    assert line(0, 500, 40_000, 10) == "[--------------------] 500 of 40,000 products, 50 a second, 13 min left"
    resumed = "[###############-----] 30,000 of 40,000 products, 100 a second, 100 s left"
    assert line(20_000, 10_000, 40_000, 100) == resumed
    assert line(0, 60, 40, 1).startswith("[####################] 60 of 60 products")
    assert "0 of 0 products" in line(0, 0, 0, 0)


def test_it_is_said_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    class Log:
        def info(self, event: str, **fields: object) -> None:
            said.append(f"{event}: {fields.get('progress', fields.get('products'))}")

    monkeypatch.setattr(progress, "log", Log())
    moments = iter((0.0, 1.0, 2.0, 6.0, 7.0, 8.0))
    filling = Filling(3, start=100, total=400, clock=lambda: next(moments))
    for _ in range(4):
        filling.add(50)
    filling.full()
    assert said == [
        "build is filled: [############--------] 250 of 400 products, 25 a second, 6 s left",
        "build is full: 300",
    ]
