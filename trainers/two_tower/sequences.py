"""Training batches: pieces of shoppers' sequences, each place with the product to predict."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trainers.datasets import Shop
from trainers.datasets.tables import Ints
from trainers.two_tower.config import Config
from trainers.two_tower.history import HOUR_S
from trainers.two_tower.spec import FeatureSpec, Texts

NOTHING = -1
"""No product to predict."""
SORTED_TOGETHER = 20
"""Batches whose pieces are sorted by length, so that little padding is computed and yet the order is random."""
MOST_PREFERENCES = 3


@dataclass(frozen=True)
class Batch:
    """Pieces of sequences, newest event last, padding in front."""

    items: Ints
    """[pieces, places]"""
    kinds: Ints
    """[pieces, places]; 0 is padding"""
    gaps_h: NDArray[np.float32]
    """Hours to the next event [pieces, places]"""
    targets: Ints
    """The product to predict after each event, and at column 0 before the first [pieces, places + 1]"""
    preferred: Texts
    """[pieces, most]"""
    users: Ints
    """The shopper of each piece, as in Events [pieces]"""

    def take(self, rows: Ints) -> "Batch":
        """Some of the pieces."""
        return Batch(*(getattr(self, entry.name)[rows] for entry in fields(self)))


class Sequences:
    """Cuts a shop's events into pieces, differently in every epoch."""

    def __init__(self, shop: Shop, spec: FeatureSpec, config: Config) -> None:
        self._shop, self._spec, self._config = shop, spec, config
        events = shop.events
        self._next = _next_choice(shop)
        gaps = np.zeros(len(events))
        same = events.user[1:] == events.user[:-1] if len(events) else np.zeros(0, bool)
        gaps[:-1][same] = np.diff(events.time)[same] / HOUR_S
        self._gaps = gaps.astype(np.float32)
        chosen = events.item[self._next[self._next != NOTHING]] if len(events) else np.zeros(0, np.int64)
        self.frequency = np.bincount(chosen, minlength=len(shop.products)) / max(len(chosen), 1)
        """How often each product is the one to predict."""
        self._stated = _first_after_stating(shop)
        self._wanted = np.flatnonzero(events.chosen)
        self._wanted_starts = np.searchsorted(self._wanted, events.starts)
        """Where each shopper's begin in `_wanted`; one entry more than shoppers."""

    def pieces(self, random: np.random.Generator) -> Ints:
        """Pieces as [start, end), in the order of shoppers. Where a long sequence is cut is drawn anew each time.

        A sequence is also cut where its shopper stated preferences: they are shown beside later events alone.
        """
        starts, length = self._shop.events.starts, self._spec.history_length
        found = []
        for user, (begin, end) in enumerate(pairwise(starts.tolist())):
            if end - begin < 2:
                if end > begin:
                    found.append((begin, end))
                continue
            first = begin + (random.integers(1, length + 1) if end - begin > length else length)
            cuts = {begin, *range(first, end, length), end, self._stated.get(user, end)}
            found += pairwise(sorted(cuts))
        return np.array(found, np.int64).reshape(-1, 2)

    def batches(self, random: np.random.Generator) -> Iterator[Batch]:
        """One epoch."""
        pieces = self.pieces(random)
        size = self._config.batch_size
        pieces = pieces[random.permutation(len(pieces))]
        order = []
        for begin in range(0, len(pieces), size * SORTED_TOGETHER):
            some = np.arange(begin, min(begin + size * SORTED_TOGETHER, len(pieces)))
            some = some[np.argsort(pieces[some, 1] - pieces[some, 0], kind="stable")]
            order += [some[at : at + size] for at in range(0, len(some), size)]
        for i in random.permutation(len(order)):
            yield self._batch(pieces[order[i]], random)

    def _batch(self, pieces: Ints, random: np.random.Generator) -> Batch:
        events = self._shop.events
        sizes = pieces[:, 1] - pieces[:, 0]
        places = int(sizes.max())
        column = np.arange(places)[None, :] - (places - sizes[:, None])
        there = column >= 0
        at = np.where(there, pieces[:, :1] + column, 0)
        following = np.where(there, self._next[at], NOTHING)
        # Before the first event there is something to predict only where the shopper's sequence begins.
        opening = np.full(len(pieces), NOTHING)
        begins = events.starts[events.user[pieces[:, 0]]] == pieces[:, 0]
        first = pieces[:, 0]
        opening[begins & self._choice(first)] = first[begins & self._choice(first)]
        target = np.concatenate([opening[:, None], following], 1)
        return Batch(
            items=np.where(there, events.item[at], 0),
            kinds=np.where(there, events.kind[at], 0),
            gaps_h=np.where(there, self._gaps[at], 0).astype(np.float32),
            targets=np.where(target == NOTHING, NOTHING, events.item[target]),
            preferred=self._preferred(first, random),
            users=events.user[first],
        )

    def _choice(self, places: Ints) -> NDArray[np.bool_]:
        return self._shop.events.chosen[places] & self._shop.events.first[places]

    def _preferred(self, firsts: Ints, random: np.random.Generator) -> Texts:
        """What the shoppers had said to like before their pieces, which begin at `firsts`; for some of those who had
        said nothing, categories of what they chose."""
        shop, most = self._shop, self._spec.max_preferred_categories
        rows = np.full((len(firsts), most), "", dtype=object)
        shown = random.random(len(firsts))
        for row, first in enumerate(firsts):
            user = int(shop.events.user[first])
            stated = shop.preferred(shop.events.users[user], float(shop.events.time[first]))
            if stated:
                if shown[row] < 1 - self._config.preference_rate:
                    rows[row, : len(stated)] = stated[:most]
            elif shown[row] < self._config.preference_rate:
                drawn = self._drawn(user, random)
                rows[row, : len(drawn)] = drawn
        return rows

    def _drawn(self, user: int, random: np.random.Generator) -> list[str]:
        begin, end = self._wanted_starts[user : user + 2]
        if begin == end:  # nothing but dislikes and low ratings
            return []
        events = self._wanted[random.integers(begin, end, random.integers(1, MOST_PREFERENCES + 1))]
        paths = [self._shop.products.categories[self._shop.events.item[event]] for event in events]
        return list(dict.fromkeys(path[random.integers(len(path))] for path in paths if path))


def _first_after_stating(shop: Shop) -> dict[int, int]:
    """Of shoppers who chose preferences at a known time: the position of their first event after it."""
    events, found = shop.events, {}
    for user, name in enumerate(events.users if shop.preferred_since else ()):
        if name in shop.preferred_since:
            begin, end = events.starts[user : user + 2].tolist()
            found[user] = begin + int(np.searchsorted(events.time[begin:end], shop.preferred_since[name], "right"))
    return found


def _next_choice(shop: Shop) -> Ints:
    """For each event the position of the shopper's next first choice of a product, or NOTHING."""
    events = shop.events
    wanted = np.flatnonzero(events.chosen & events.first)
    following = np.searchsorted(wanted, np.arange(len(events)), side="right")
    found = np.append(wanted, len(events))[following]
    users = np.append(events.user, -1)
    same = users[found] == events.user
    return np.where(same, found, NOTHING)
