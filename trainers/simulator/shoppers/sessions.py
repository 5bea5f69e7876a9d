"""What a shopper does: sessions in which leaves are browsed, from the page that is shown to the review."""

from dataclasses import dataclass, field

import numpy as np

from trainers.datasets.tables import Floats, Ints
from trainers.simulator.shoppers.items import DAY_S, Items
from trainers.simulator.shoppers.tastes import Shopper

SESSIONS = 4.0
"""Mean of a shopper, over the time that is watched."""
MEAN_ACTIVITY = float(np.exp(0.8**2 / 2))
"""Of Shopper.sessions, which is lognormal."""
PAGE = 24
CANDIDATES = 2_000
"""Products of a leaf that are looked at; a leaf with more is sampled."""
SHOWN_POPULAR, SHOWN_WANTED = 0.8, 0.35
"""How the page is sorted: by what is popular, a little by what the shopper wants, and by chance."""
POSITION_BIAS = 0.6
"""A product at place p is looked at p ** -POSITION_BIAS as often as at the top."""
CHOOSY = 1.0
"""How strongly the utility decides what is opened."""
VIEWS = 2.6
"""Mean of a browse, beside the first."""
SEARCHES, IMPRESSIONS = 0.3, 0.12
"""Shares of browses that begin with a search, and whose page is recorded whole as impressions."""
FOLLOWED = 0.55
"""How often a purchase makes the shopper look for something that goes with it."""
NEXT_LEAF = 0.25
"""How often a shopper looks at another leaf in the same session without having bought."""
RATED, REVIEWED = 0.45, 0.6
"""Shares of purchases that get stars, and of those that get a review with them."""
EVENING_H, SPREAD_H = 18.0, 4.0


@dataclass
class Browse:
    """One leaf looked at in one session: the intent that the next events follow."""

    start: float
    end: float
    leaf: int
    partner: int
    """The product that was just bought and that the next should go with; -1 for none."""


@dataclass
class Act:
    """One event."""

    time: float
    kind: str
    item: int = -1
    rating: int = 0
    query: str = ""
    position: int = 0
    quantity: int = 0


@dataclass
class Opinion:
    """A review to be worded."""

    time: float
    item: int
    rating: int


@dataclass
class History:
    """All that one shopper did."""

    acts: list[Act] = field(default_factory=list)
    browses: list[Browse] = field(default_factory=list)
    opinions: list[Opinion] = field(default_factory=list)


def behave(shopper: Shopper, number: int, items: Items, seed: int, start: float, until: float) -> History:
    """Simulates one shopper: the same for the same seed and number, whoever else there is."""
    return _Life(shopper, items, np.random.default_rng([seed, 4, number]), until).live(start)


class _Life:
    """One shopper's way through the shop."""

    def __init__(self, shopper: Shopper, items: Items, random: np.random.Generator, until: float) -> None:
        self._shopper = shopper
        self._items = items
        self._random = random
        self._until = until
        self._done = History()
        self._bought: set[int] = set()
        self._moment = 0.0

    def live(self, start: float) -> History:
        joined = self._random.uniform(start, start + (self._until - start) * 0.7)
        if self._random.random() < 0.5:
            joined = start  # was there before anybody watched
        count = 1 + self._random.poisson((SESSIONS - 1) * self._shopper.sessions / MEAN_ACTIVITY)
        for day in np.sort(self._random.uniform(joined, self._until, count)):
            self._session(self._evening(float(day)))
        self._done.acts = sorted((act for act in self._done.acts if act.time < self._until), key=lambda act: act.time)
        self._done.opinions = [opinion for opinion in self._done.opinions if opinion.time < self._until]
        return self._done

    def _evening(self, time: float) -> float:
        hour = self._random.normal(EVENING_H, SPREAD_H) % 24
        return time // DAY_S * DAY_S + hour * 3600

    def _session(self, time: float) -> None:
        self._moment = max(time, self._moment + 60)
        taste = self._shopper.taste(self._moment)
        wanted = taste.weights * self._items.wanted(self._moment)[taste.leaves]
        leaf = int(self._random.choice(taste.leaves, p=wanted / wanted.sum()))
        partner = -1
        for _ in range(3):
            bought = self._browse(leaf, partner)
            if bought >= 0 and self._random.random() < FOLLOWED:
                leaf, partner = int(self._random.choice(self._items.partner[self._items.leaf[bought]])), bought
            elif self._random.random() < NEXT_LEAF:
                leaf, partner = int(self._random.choice(taste.leaves, p=wanted / wanted.sum())), -1
            else:
                break

    def _browse(self, leaf: int, partner: int) -> int:
        """Looks at a page of one leaf; returns what was bought last, or -1."""
        begun = self._moment
        page, utility, appeal = self._page(leaf, partner)
        if not len(page):
            return -1
        if self._random.random() < SEARCHES:
            self._act("search", query=self._query(leaf, page))
        if self._random.random() < IMPRESSIONS:
            for place, item in enumerate(page.tolist(), 1):
                self._done.acts.append(Act(self._moment, "impression", item, position=place))
        seen = np.arange(1, len(page) + 1) ** -POSITION_BIAS
        count = min(1 + self._random.poisson(VIEWS), len(page))
        opened = _without_replacement(CHOOSY * utility + np.log(seen), count, self._random)
        bought = -1
        for place in opened.tolist():
            if self._consider(int(page[place]), float(appeal[place]), place + 1):
                bought = int(page[place])
        self._done.browses.append(Browse(begun, self._moment, leaf, partner))
        return bought

    def _page(self, leaf: int, partner: int) -> tuple[Ints, Floats, Floats]:
        """Products as the shop sorts them, their utility, and how far each is above the mean of its leaf."""
        items = self._items
        which = items.members[leaf]
        if len(which) > CANDIDATES:
            which = np.sort(self._random.choice(which, CANDIDATES, replace=False))
        which = which[(items.launch[which] <= self._moment) & ~np.isin(which, list(self._bought))]
        taste = self._shopper.taste(self._moment)
        utility = taste.utility(items, which, self._moment, partner)
        if not len(which):
            return which, utility, utility
        above = (utility - utility.mean()) / max(float(utility.std()), 0.5)
        order = SHOWN_POPULAR * items.appeal(which, self._moment) + SHOWN_WANTED * utility
        shown = _without_replacement(order, min(PAGE, len(which)), self._random)
        return which[shown], utility[shown], above[shown]

    def _consider(self, item: int, above: float, place: int) -> bool:
        """Opens a product and does with it what its appeal says; returns whether it was bought."""
        self._act("view", item, position=place)
        mood = self._random.random(4)
        if mood[0] < 0.14 * _sigmoid(3 * (above - 0.5)):
            self._act("like", item)
        elif mood[0] > 1 - 0.08 * _sigmoid(-3 * (above + 0.3)):
            self._act("dislike", item)
        if mood[1] > 0.45 * _sigmoid(2.5 * (above - 0.8)):
            return False
        quantity = 1 + int(self._random.random() < 0.15)
        self._act("add_to_cart", item, quantity=quantity)
        if mood[2] > 0.55:
            return False
        self._act("purchase", item, quantity=quantity)
        self._bought.add(item)
        if mood[3] < RATED:
            self._judge(item, above)
        return True

    def _judge(self, item: int, above: float) -> None:
        """Stars some days after the purchase, and sometimes a review."""
        time = self._moment + self._random.uniform(2, 14) * DAY_S
        stars = 3.6 + 0.8 * (above - 0.6) + 0.5 * self._items.quality[item] + self._shopper.pickiness
        rating = int(np.clip(round(stars + self._random.normal(0, 0.5)), 1, 5))
        self._done.acts.append(Act(time, "rate", item, rating=rating))
        if self._random.random() < REVIEWED:
            self._done.opinions.append(Opinion(time + 60, item, rating))

    def _query(self, leaf: int, page: Ints) -> str:
        """The leaf's name, or words of a product that is on the page."""
        likes = self._shopper.taste(self._moment).likes
        if len(likes) and self._random.random() < 0.5:
            liked = self._items.attributes[int(self._random.choice(likes))].split("=", 1)[1]
            return f"{liked} {self._items.names[leaf]}".lower()[:200]
        return self._items.names[leaf][:200]

    def _act(self, kind: str, item: int = -1, query: str = "", position: int = 0, quantity: int = 0) -> None:
        self._moment += float(self._random.uniform(4, 60))
        self._done.acts.append(Act(self._moment, kind, item, 0, query, position, quantity))


def _without_replacement(logits: Floats, count: int, random: np.random.Generator) -> Ints:
    """Draws by softmax, one after the other (the Gumbel top-k trick, Kool et al. 2019)."""
    found: Ints = np.argsort(-(logits + random.gumbel(size=len(logits))))[:count]
    return found


def _sigmoid(value: float) -> float:
    return float(1 / (1 + np.exp(-value)))
