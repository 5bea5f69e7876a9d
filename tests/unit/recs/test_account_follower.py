"""Following changes of accounts, through a death at the worst moment."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from services.recs.ports import AccountChange
from services.recs.worker.account_follower import AccountFollower

CHANGES = [AccountChange(preferences=("users/ann", ("shoes",))), AccountChange(erased="users/bob")]


@dataclass
class Marks:
    """services.recs.ports.Watermarks in memory."""

    cursors: dict[str, str] = field(default_factory=dict)

    async def get(self, name: str) -> str:
        return self.cursors.get(name, "")

    async def set(self, name: str, cursor: str) -> None:
        self.cursors[name] = cursor


@dataclass
class World:
    """What outlives a worker, and the refresh that it may die in."""

    watermarks: Marks = field(default_factory=Marks)
    applied: list[AccountChange] = field(default_factory=list)
    refreshed: set[str] = field(default_factory=set)
    dies: bool = False

    async def changes(self, cursor: str, wait_s: int = 0) -> tuple[list[AccountChange], str, bool]:
        start = int(cursor or 0)
        return CHANGES[start : start + 1], str(min(start + 1, len(CHANGES))), start + 1 < len(CHANGES)

    async def apply(self, changes: Sequence[AccountChange]) -> set[str]:
        self.applied += changes
        return {change.preferences[0] if change.preferences else change.erased for change in changes}

    async def refresh(self, shoppers: set[str]) -> None:
        if self.dies:
            raise SystemExit(9)
        self.refreshed |= shoppers

    def worker(self) -> AccountFollower:
        return AccountFollower(self, self, self.watermarks, self.refresh, poll_s=1)


async def test_what_was_applied_before_a_death_is_refreshed_after_it() -> None:
    world = World(dies=True)
    with pytest.raises(SystemExit):
        await world.worker().step()
    assert world.applied == CHANGES[:1]
    world.dies = False
    await world.worker().step()
    assert world.refreshed == {"users/ann"}


async def test_each_page_is_applied_once_when_nobody_dies() -> None:
    world = World()
    worker = world.worker()
    while await worker.step():
        pass
    await worker.step()
    assert world.applied == CHANGES
    assert world.refreshed == {"users/ann", "users/bob"}
    assert world.watermarks.cursors == {AccountFollower.watermark: "2"}
