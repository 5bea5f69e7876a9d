"""What is learned from, and what is asked, without the one ever seeing the other.

Three protocols, all of them with full ranking (every product of the catalogue, except those the shopper has already
come across, competes):

- `time`: the events of the last tenth of the time are held out. Each first choice of a product among them is one
  question: which product comes next, after all that the shopper did up to that moment? Models learn from before the
  cut only; what happens later reaches them as history, as it does in the running shop.
- `period`: the same cut, one question a shopper: rank for the whole held-out period at once.
- `last`: leave one out. The last choice of each shopper is the question, the one before it is for validation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from trainers.datasets import DataError, Events
from trainers.datasets.tables import Floats, Ints

VALIDATION_FROM, TEST_FROM = 0.8, 0.9
"""Shares of the choices that happened before the validation and the test period."""
MOST_VALIDATION, MOST_TEST = 4_000, 20_000
"""Questions asked at most; a seeded sample beyond. 20,000 leave intervals of about 2 % of the value."""
FEWEST = 20


@dataclass(frozen=True)
class Queries:
    """Questions: which products does this shopper choose after these events?"""

    user: Ints
    end: Ints
    """The shopper's events before this position are known."""
    time: Floats
    """When it is asked, in seconds since 1970."""
    relevant: Ints
    """The products that were chosen, of all questions one after the other."""
    offsets: Ints
    """Where each question's products begin in `relevant`; one entry more than questions."""

    def __len__(self) -> int:
        return len(self.user)

    def take(self, chosen: Ints) -> "Queries":
        """Some of the questions."""
        parts = [self.relevant[self.offsets[i] : self.offsets[i + 1]] for i in chosen]
        sizes = np.array([len(part) for part in parts], np.int64)
        return Queries(
            self.user[chosen],
            self.end[chosen],
            self.time[chosen],
            np.concatenate([np.zeros(0, np.int64), *parts]),
            np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        )

    def sample(self, most: int, seed: int = 0) -> "Queries":
        """At most so many of them, drawn by the seed."""
        if len(self) <= most:
            return self
        return self.take(np.sort(np.random.default_rng(seed).choice(len(self), most, replace=False)))


@dataclass(frozen=True)
class Split:
    """Events to learn from, and questions about later ones."""

    events: Events
    """All of them: histories are cut out of these at each question's `end`."""
    train: Events
    """To learn from while `validation` tells when to stop and which setting is best."""
    validation: Queries
    known: Events
    """To learn from before the test: all that is not held out for it."""
    test: Queries


def history_rows(events: Events, queries: Queries, most: int | None = None) -> tuple[Ints, Ints]:
    """The known events of each question as (row of the question, position of the event), oldest first.

    `most` keeps only the newest of each.
    """
    starts = events.starts[queries.user]
    if most is not None:
        starts = np.maximum(starts, queries.end - most)
    sizes = queries.end - starts
    rows = np.repeat(np.arange(len(queries)), sizes)
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return rows, np.repeat(starts, sizes) + within


def split(events: Events, protocol: str, most: int = MOST_TEST) -> Split:
    """Splits by one of PROTOCOLS; asks at most so many test questions.

    Raises:
        DataError: too little is left to ask about.
    """
    return _asked(PROTOCOLS[protocol](events), most)


def split_since(events: Events, moment: float) -> Split:
    """Splits by time at a moment: what was chosen from then on is asked about.

    So a release that learned from what was known at the moment and one that is to follow it answer the same questions,
    and neither has seen them.

    Raises:
        DataError: too little is left to ask about.
    """
    earlier = np.sort(events.time[events.chosen & events.first & (events.time < moment)])
    first = float(earlier[int(len(earlier) * VALIDATION_FROM / TEST_FROM)]) if len(earlier) else moment
    return _asked(_between(events, first, moment), MOST_TEST)


def _asked(made: Split, most: int) -> Split:
    events = made.events
    made = replace(made, validation=made.validation.sample(MOST_VALIDATION), test=made.test.sample(most))
    for name, queries in (("validation", made.validation), ("test", made.test)):
        if len(queries) < FEWEST:
            raise DataError(
                f"Only {len(queries)} questions are left for {name}, at least {FEWEST} are needed: the data has "
                f"{len(events)} events of {len(events.users)} shoppers. Bring more events, or more time between them."
            )
    return made


def every_choice(events: Events) -> Queries:
    """A question for each first choice of a product, with what happened strictly earlier as history."""
    return _each(events, np.flatnonzero(events.chosen & events.first))


def split_for_release(events: Events) -> tuple[str, Split]:
    """By time, as the running shop is used; leaving one out where times tell too little, as when a shop was filled
    with reviews that all have the date of the import.

    Raises:
        DataError: too little is left to ask about either way.
    """
    try:
        return "time", split(events, "time")
    except DataError as error:
        try:
            return "last", split(events, "last")
        except DataError:
            raise error from None


def _cuts(events: Events) -> tuple[float, float]:
    moments = np.sort(events.time[events.chosen & events.first])
    if not len(moments):
        return 0.0, 0.0
    first, second = (
        moments[min(int(len(moments) * share), len(moments) - 1)] for share in (VALIDATION_FROM, TEST_FROM)
    )
    return float(first), float(second)


def _by_time(events: Events) -> Split:
    return _between(events, *_cuts(events))


def _between(events: Events, first: float, second: float) -> Split:
    asked = events.chosen & events.first
    validation = _each(events, np.flatnonzero(asked & (events.time >= first) & (events.time < second)))
    test = _each(events, np.flatnonzero(asked & (events.time >= second)))
    return Split(events, events.before(first), validation, events.before(second), test)


def _by_period(events: Events) -> Split:
    first, second = _cuts(events)
    validation = _whole(events, first, second)
    test = _whole(events, second, np.inf)
    return Split(events, events.before(first), validation, events.before(second), test)


def _by_last(events: Events) -> Split:
    asked = np.flatnonzero(events.chosen & events.first)
    users = events.user[asked]
    last = np.append(users[1:] != users[:-1], True) if len(users) else np.zeros(0, bool)
    ends = np.flatnonzero(last)
    counts = np.diff(ends, prepend=-1)
    ends = ends[counts >= 3]
    test, validation = asked[ends], asked[ends - 1]
    place = np.arange(len(events))
    return Split(
        events,
        events.where(place < _limit(events, validation)),
        _at(events, validation),
        events.where(place < _limit(events, test)),
        _at(events, test),
    )


def _limit(events: Events, places: Ints) -> Ints:
    """Up to which position each event's shopper is known; all of the shoppers that are not asked about."""
    limits = np.full(len(events.users), len(events), np.int64)
    limits[events.user[places]] = places
    return limits[events.user]


def _at(events: Events, places: Ints) -> Queries:
    """One question for each event, with the events before it in order as history."""
    offsets = np.arange(len(places) + 1, dtype=np.int64)
    return Queries(events.user[places], places, events.time[places], events.item[places], offsets)


def _each(events: Events, places: Ints) -> Queries:
    """One question for each event, with what happened strictly earlier as history.

    Events of the same second come from one page; to know one of them when asked about the other would be a leak.
    """
    asked = _at(events, places)
    # Positions of the first event of the same shopper and second.
    fresh = np.ones(len(events), bool)
    fresh[1:] = (events.user[1:] != events.user[:-1]) | (events.time[1:] != events.time[:-1])
    begins = np.maximum.accumulate(np.where(fresh, np.arange(len(events)), 0))
    return Queries(asked.user, begins[places], asked.time, asked.relevant, asked.offsets)


def _whole(events: Events, start: float, end: float) -> Queries:
    """One question for each shopper who is known at `start` and chose something new before `end`."""
    places = np.flatnonzero(events.chosen & events.first & (events.time >= start) & (events.time < end))
    users, counts = np.unique(events.user[places], return_counts=True)
    ends = np.array(
        [
            events.starts[user] + np.searchsorted(events.time[events.starts[user] : events.starts[user + 1]], start)
            for user in users
        ],
        np.int64,
    )
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    queries = Queries(users, ends, np.full(len(users), start), events.item[places], offsets)
    return queries.take(np.flatnonzero(ends > events.starts[users]) if len(users) else users)


PROTOCOLS: Mapping[str, Callable[[Events], Split]] = {"time": _by_time, "period": _by_period, "last": _by_last}
