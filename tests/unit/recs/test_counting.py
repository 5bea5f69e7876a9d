"""How often the worker counts."""

import asyncio
from types import SimpleNamespace

import pytest

from services.recs.adapters import statistics_counter
from services.recs.adapters.statistics_counter import REST, RETRY_S, StatisticsCounter
from services.recs.adapters.statistics_queries import Limits


class Ended(BaseException):
    """Ends a counter that goes on for ever."""


class Counter(StatisticsCounter):
    """Counts nothing, takes a while, and fails if it is told to."""

    def __init__(self, takes_s: float, fails: bool) -> None:
        super().__init__(None, 60.0, Limits())  # type: ignore[arg-type]
        self.now = 0.0
        self._takes_s, self._fails = takes_s, fails

    async def count(self) -> None:
        self.now += self._takes_s
        if self._fails:
            raise TimeoutError("canceling statement due to statement timeout")


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize(("takes_s", "rests_s"), [(60.0, 60.0 * REST), (0.1, RETRY_S)])
async def test_a_count_rests_by_how_long_it_took_whether_it_succeeds_or_not(
    monkeypatch: pytest.MonkeyPatch, takes_s: float, rests_s: float, fails: bool
) -> None:
    counter, rested = Counter(takes_s, fails), []

    async def sleep(seconds: float) -> None:
        rested.append(seconds)
        raise Ended

    monkeypatch.setattr(statistics_counter, "time", SimpleNamespace(monotonic=lambda: counter.now))
    # The counter's own names, and not those of the modules: other tests' clients rest in the same loop.
    monkeypatch.setattr(statistics_counter, "asyncio", SimpleNamespace(sleep=sleep, Event=asyncio.Event))
    with pytest.raises(Ended):
        await counter.run()
    assert rested == [rests_s]
