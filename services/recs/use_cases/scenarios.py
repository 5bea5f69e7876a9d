"""Reads and changes scenarios."""

from collections.abc import Collection
from dataclasses import replace

from services.kit.errors import Aborted, AlreadyExists, NotFound
from services.recs.domain.scenarios import Revision, Scenario, StoredScenario
from services.recs.ports import Scenarios
from services.recs.use_cases.scenario_book import ScenarioBook, ready

TRIES = 3
"""An update without an etag that met another one begins again this often."""


class ManageScenarios:
    """What a merchant does; every change names its author and is kept."""

    def __init__(self, scenarios: Scenarios, book: ScenarioBook) -> None:
        self._scenarios = scenarios
        self._book = book

    async def get(self, scenario_id: str) -> StoredScenario:
        """The scenario.

        Raises:
            NotFound: it does not exist.
        """
        if (found := await self._scenarios.get(scenario_id)) is None:
            raise NotFound(f"scenarios/{scenario_id}")
        return found

    async def page(self, after: str, limit: int) -> list[StoredScenario]:
        """By id."""
        return await self._scenarios.page(after, limit)

    async def create(self, scenario: Scenario, author: str, comment: str) -> StoredScenario:
        """A new scenario, which answers here at once and everywhere within a second.

        Raises:
            AlreadyExists: the id is taken.
            InvalidArgument: it makes no sense.
        """
        ready(scenario)
        added = await self._scenarios.add(scenario, author, comment)
        if added is None:
            raise AlreadyExists(scenario.name)
        await self._book.refresh()
        return added

    async def update(
        self, given: Scenario, written: Collection[str], etag: str, author: str, comment: str
    ) -> StoredScenario:
        """Writes the named fields.

        Raises:
            NotFound: it does not exist.
            Aborted: the etag is not current, or others write all the time.
            InvalidArgument: it makes no sense.
        """
        for _ in range(TRIES):
            before = await self.get(given.scenario_id)
            if etag and etag != before.etag:
                break
            after = replace(before.scenario, **{name: getattr(given, name) for name in written})
            ready(after)
            stored = await self._scenarios.put(after, before.revision, author, comment)
            if stored is not None:
                await self._book.refresh()
                return stored
        raise Aborted("The scenario has changed since it was read: read it again.", name=given.name)

    async def revisions(self, scenario_id: str, below: int | None, limit: int) -> list[Revision]:
        """Newest first.

        Raises:
            NotFound: the scenario does not exist.
        """
        await self.get(scenario_id)
        return await self._scenarios.revisions(scenario_id, below, limit)
