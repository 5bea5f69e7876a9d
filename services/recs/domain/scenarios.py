"""Scenarios: what the places of a shop show, as data."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum


class RetrieverName(StrEnum):
    """Ways to find products; the names are those of explanations."""

    TWO_TOWER = "two_tower"
    SIMILAR = "similar"
    BOUGHT_TOGETHER = "bought_together"
    TRENDING = "trending"
    POPULAR = "popular"
    NEW_ARRIVALS = "new_arrivals"
    RECENTLY_VIEWED = "recently_viewed"
    BUY_AGAIN = "buy_again"
    BECAUSE_VIEWED = "because_viewed"


class Action(StrEnum):
    """What a rule does."""

    BOOST = "boost"
    BURY = "bury"
    PIN = "pin"
    EXCLUDE = "exclude"


@dataclass(frozen=True)
class RetrieverUse:
    """A retriever in a scenario."""

    retriever: RetrieverName
    weight: float = 1.0
    limit: int = 50
    """Candidates that it gives to a mix at most."""


@dataclass(frozen=True)
class Rule:
    """What the business wants with some products, for some time."""

    display_name: str
    action: Action
    products: tuple[str, ...] = ()
    """Ids."""
    filter: str = ""
    strength: float = 2.0
    position: int = 1
    """Place of the first pinned product, from 1."""
    start_time: datetime | None = None
    end_time: datetime | None = None
    disabled: bool = False

    def holds(self, now: datetime) -> bool:
        """Whether it applies at this time."""
        if self.disabled or (self.start_time is not None and now < self.start_time):
            return False
        return self.end_time is None or now < self.end_time


@dataclass(frozen=True)
class Diversity:
    """How a page is kept from being all of a kind."""

    max_per_category: int = 0
    max_per_brand: int = 0
    mmr: float = 0.0
    """0 orders by relevance alone, 1 by novelty alone."""

    @property
    def wanted(self) -> bool:
        """Whether it changes anything."""
        return bool(self.max_per_category or self.max_per_brand or self.mmr)


@dataclass(frozen=True)
class Exploration:
    """How new products come to be seen."""

    share: float = 0.0
    """Of a page's places."""
    max_age_days: int = 30


@dataclass(frozen=True)
class Scenario:
    """One place of the shop. Its id names it in requests."""

    scenario_id: str
    display_name: str
    retrievers: tuple[RetrieverUse, ...]
    description: str = ""
    needs_product: bool = False
    only_retrieved: bool = False
    """A page may stay short; else the fallbacks fill it."""
    filter: str = ""
    rules: tuple[Rule, ...] = ()
    diversity: Diversity = field(default_factory=Diversity)
    exploration: Exploration = field(default_factory=Exploration)
    page_size: int = 20

    @property
    def name(self) -> str:
        """`scenarios/{scenario}`."""
        return f"scenarios/{self.scenario_id}"


WRITABLE = tuple(found.name for found in fields(Scenario) if found.name != "scenario_id")
"""Fields that an update may write."""


@dataclass(frozen=True)
class StoredScenario:
    """A scenario as it stands in the database."""

    scenario: Scenario
    revision: int
    create_time: datetime
    update_time: datetime

    @property
    def etag(self) -> str:
        """Changes with every write."""
        return str(self.revision)


@dataclass(frozen=True)
class Revision:
    """A state that a scenario had."""

    scenario: Scenario
    number: int
    author: str
    changed_fields: tuple[str, ...]
    comment: str
    create_time: datetime


def problem(scenario: Scenario) -> tuple[str, str] | None:
    """What makes no sense, as (field, description); None when all does. Filters are read elsewhere."""
    used = [use.retriever for use in scenario.retrievers]
    for i, retriever in enumerate(used):
        if retriever in used[:i]:
            return f"retrievers[{i}].retriever", f"{retriever} is there twice: give it a larger weight instead"
    for i, rule in enumerate(scenario.rules):
        if wrong := _rule_problem(rule):
            return f"rules[{i}].{wrong[0]}", wrong[1]
    return None


def changed_fields(before: Scenario, after: Scenario) -> tuple[str, ...]:
    """Names of the fields that differ."""
    return tuple(name for name in WRITABLE if getattr(before, name) != getattr(after, name))


def _rule_problem(rule: Rule) -> tuple[str, str] | None:
    if rule.action is Action.PIN and not rule.products:
        return "products", "must name what is pinned"
    if rule.action is Action.PIN and rule.filter:
        return "filter", "is not for a pin: name the products"
    if not rule.products and not rule.filter.strip():
        return "filter", "must say which products are meant, or `products` must"
    if rule.start_time and rule.end_time and rule.end_time < rule.start_time:
        return "end_time", "lies before start_time"
    return None
