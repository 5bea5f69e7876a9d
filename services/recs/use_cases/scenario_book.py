"""The scenarios that answer, in memory and ready to apply."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from services.kit import filters, telemetry
from services.kit.errors import InvalidArgument
from services.kit.filters import And, Expr, Not
from services.kit.waking import woken
from services.recs.domain.scenarios import Action, Rule, Scenario, problem
from services.recs.ports import Scenarios
from services.recs.use_cases.products import SCHEMA

log = telemetry.logger("aisle.recs.scenarios")

# Shops send the same few filters again and again, and reading one takes milliseconds.
parse = lru_cache(maxsize=1024)(lambda text: filters.parse(text, SCHEMA))


@dataclass(frozen=True)
class ReadyRule:
    """A rule, its filter read."""

    rule: Rule
    where: Expr | None
    products: frozenset[str]

    @property
    def label(self) -> str:
        """How explanations name it."""
        return f"{self.rule.action}: {self.rule.display_name}"


@dataclass(frozen=True)
class ReadyScenario:
    """A scenario, its filters read."""

    scenario: Scenario
    where: Expr | None
    rules: tuple[ReadyRule, ...]

    def holding(self, now: datetime) -> tuple[ReadyRule, ...]:
        """The rules that apply at this time."""
        return tuple(ready for ready in self.rules if ready.rule.holds(now)) if self.rules else ()


def ready(scenario: Scenario) -> ReadyScenario:
    """Reads the filters of a scenario.

    Raises:
        InvalidArgument: a filter cannot be read, or something makes no sense. Says which field of `scenario`.
    """
    if wrong := problem(scenario):
        raise InvalidArgument.field(f"scenario.{wrong[0]}", wrong[1])
    where = _read(scenario.filter, "scenario.filter")
    rules = [
        ReadyRule(rule, _read(rule.filter, f"scenario.rules[{i}].filter"), frozenset(rule.products))
        for i, rule in enumerate(scenario.rules)
    ]
    return ReadyScenario(scenario, where, tuple(rules))


def admitted(where: Expr | None, rules: tuple[ReadyRule, ...]) -> Expr | None:
    """The filter together with those of the rules that exclude."""
    excluded = [Not(ready.where) for ready in rules if ready.rule.action is Action.EXCLUDE and ready.where]
    return both(where, *excluded)


def both(*filters: Expr | None) -> Expr | None:
    """What passes all of them."""
    given = tuple(found for found in filters if found is not None)
    return And(given) if len(given) > 1 else (given[0] if given else None)


class ScenarioBook:
    """Follows the stored scenarios."""

    def __init__(self, scenarios: Scenarios, poll_s: float) -> None:
        self._scenarios = scenarios
        self._poll_s = poll_s
        self._ready: Mapping[str, ReadyScenario] = {}
        self._revisions: Mapping[str, int] = {}
        self._wake = asyncio.Event()

    def get(self, scenario_id: str) -> ReadyScenario:
        """The scenario.

        Raises:
            InvalidArgument: there is none of that name.
        """
        if (found := self._ready.get(scenario_id)) is None:
            known = ", ".join(f"scenarios/{name}" for name in self._ready)
            raise InvalidArgument.field("scenario", f"is not one of {known}")
        return found

    def hint(self, _: str = "") -> None:
        """Look again now: something was written, or may have been."""
        self._wake.set()

    async def refresh(self) -> None:
        """Takes what is stored now."""
        stored = await self._scenarios.all()
        revisions = {found.scenario.scenario_id: found.revision for found in stored}
        if revisions == self._revisions:
            return
        book = {}
        for found in stored:
            try:
                book[found.scenario.scenario_id] = ready(found.scenario)
            except InvalidArgument as error:  # written by a newer or an older Aisle: the others still answer
                log.error("scenario cannot be used", scenario=found.scenario.name, why=error.message)
        self._ready, self._revisions = book, revisions

    async def watch(self) -> None:
        """Follows changes for as long as the process runs."""
        while True:
            self._wake.clear()
            try:
                await self.refresh()
            except Exception as error:
                log.warning("scenarios not read", why=type(error).__name__)
            await woken(self._wake, self._poll_s)


def _read(text: str, field: str) -> Expr | None:
    try:
        return parse(text)
    except InvalidArgument as error:
        raise InvalidArgument.field(field, error.violations[0][1]) from None
