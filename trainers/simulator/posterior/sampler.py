"""Draws tastes from what they can be after what was seen: Gibbs sampling, one part of a taste after the other.

A shopper has up to three tastes one after the other. Those that have not come yet are drawn from the prior given the
one before them (Carlin and Chib 1995), so that the moments of change can be drawn like everything else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from trainers.datasets.tables import Floats, Ints
from trainers.simulator.posterior.likelihood import Logits, Looks, liking, log_likelihood, looks
from trainers.simulator.posterior.prior import KEPT_BRANDS, KEPT_DISLIKES, KEPT_LIKES, LEVELS, Prior
from trainers.simulator.posterior.visits import Visit
from trainers.simulator.shoppers.sessions import FOLLOWED, NEXT_LEAF
from trainers.simulator.shoppers.tastes import BRANDS, DISLIKES, LEAF_WEIGHTS

TASTES = 3
ELSEWHERE = 2e-3
"""Chance of a leaf that nothing speaks for: cuts into visits can be wrong."""
Moving = Callable[[Ints], Logits]


@dataclass
class State:
    """Several chains side by side."""

    likes: Ints
    """[chains, tastes, keys]"""
    brands: Ints
    """[chains, tastes, BRANDS]"""
    dislikes: Ints
    """[chains, tastes, DISLIKES]"""
    level: Ints
    """Places in LEVELS [chains, tastes]"""
    lead: Ints
    """The leaf wanted most [chains, tastes]"""
    rest: Ints
    """The other leaves, which stay [chains, 3]"""
    cuts: Ints
    """Before which visit the taste changes [chains, tastes - 1]; one more than visits is never."""

    def leaves(self) -> Ints:
        """[chains, tastes, leaves]"""
        rest = np.repeat(self.rest[:, None], TASTES, 1)
        return np.concatenate([self.lead[..., None], rest], 2)

    def current(self, visits: int) -> Ints:
        """Which taste holds after the last visit [chains]."""
        return np.asarray((self.cuts <= visits).sum(1))


class Sampler:
    """The tastes of one shopper, as more and more is seen."""

    def __init__(self, prior: Prior, chains: int, random: np.random.Generator) -> None:
        self._prior, self._random, self._chains = prior, random, chains
        self._state: State | None = None
        self._visits: Sequence[Visit] = ()

    def draw(self, visits: Sequence[Visit], now: float, sweeps: int, kept: int) -> list[State]:
        """States after so many sweeps, and those of the last of them."""
        self._meet(visits)
        state = self._started()
        seen, starts = looks(self._prior.items, visits), np.array([visit.start for visit in visits])
        changes = self._prior.changes(starts, now)
        wanted = np.array([self._prior.items.wanted(visit.start) for visit in visits])
        free, explained = self._transitions(visits)
        found = []
        for sweep in range(sweeps):
            which = self._which(state, len(visits))
            for taste in range(TASTES):
                self._products(state, taste, seen, which[:, seen.visit] == taste)
            self._leaves(state, visits, wanted, free, explained, which)
            self._moments(state, seen, visits, wanted, free, explained, changes)
            if sweep >= sweeps - kept:
                found.append(State(**{name: values.copy() for name, values in vars(state).items()}))
        return found

    def _meet(self, visits: Sequence[Visit]) -> None:
        """What never meant for fewer visits means for more."""
        if self._state is not None:
            before, now = len(self._visits) + 1, len(visits) + 1
            self._state.cuts = np.where(self._state.cuts >= before, now, self._state.cuts)
        self._visits = visits

    def _started(self) -> State:
        if self._state is None:
            prior, chains, random = self._prior, self._chains, self._random
            keys, shape = len(prior.likes), (chains, TASTES)
            likes = [random.choice(len(share), shape, p=share) for share in prior.likes]
            lead = random.choice(len(prior.lead), (chains, TASTES), p=prior.lead)
            self._state = State(
                likes=np.stack(likes, -1) if keys else np.zeros((*shape, 0), np.int64),
                brands=random.integers(len(prior.items.brands), size=(*shape, BRANDS)),
                dislikes=random.integers(max(len(prior.items.attributes), 1), size=(*shape, DISLIKES)),
                level=random.choice(len(LEVELS), shape, p=prior.level),
                lead=lead,
                rest=random.choice(len(prior.lead), (chains, len(LEAF_WEIGHTS) - 1), p=prior.lead),
                cuts=np.full((chains, TASTES - 1), len(self._visits) + 1),
            )
        return self._state

    def _which(self, state: State, visits: int) -> Ints:
        """The taste of each visit [chains, visits]."""
        return np.asarray((np.arange(visits)[None, :, None] >= state.cuts[:, None, :]).sum(2))

    def _products(self, state: State, taste: int, seen: Looks, mine: np.ndarray) -> None:
        """Draws what a taste says of products, one part after the other."""
        prior = self._prior
        for key, share in enumerate(prior.likes):
            options = np.flatnonzero(share)
            chance = _chained(state.likes[:, :, key], taste, share, KEPT_LIKES)[:, options]
            self._one(state, state.likes[:, taste], key, options, chance, taste, seen, mine)
        offered = prior.offered[state.leaves()[:, taste]].sum(1) > 0
        for slot in range(BRANDS):
            options = np.arange(len(prior.items.brands))
            share = offered / np.maximum(offered.sum(1, keepdims=True), 1) + 1e-4
            chance = _chained(state.brands[:, :, slot], taste, share, KEPT_BRANDS)
            for other in range(BRANDS):
                if other != slot:
                    np.put_along_axis(chance, state.brands[:, taste, other, None], 1e-9, 1)
            self._one(state, state.brands[:, taste], slot, options, chance, taste, seen, mine)
        options = np.arange(len(prior.items.attributes))
        for slot in range(DISLIKES if len(options) else 0):
            share = np.full(len(options), 1 / len(options))
            chance = _chained(state.dislikes[:, :, slot], taste, share, KEPT_DISLIKES)
            np.put_along_axis(chance, state.likes[:, taste], 1e-9, 1)
            self._one(state, state.dislikes[:, taste], slot, options, chance, taste, seen, mine)
        chance = prior.level[None] if taste == 0 else prior.drift[state.level[:, taste - 1]]
        if taste + 1 < TASTES:
            chance = chance * prior.drift[:, state.level[:, taste + 1]].T
        level = state.level[:, taste, None]
        self._one(state, level, 0, np.arange(len(LEVELS)), chance, taste, seen, mine)
        state.level[:, taste] = level[:, 0]

    def _one(
        self,
        state: State,
        part: Ints,
        slot: int,
        options: Ints,
        chance: Floats,
        taste: int,
        seen: Looks,
        mine: np.ndarray,
    ) -> None:
        """Draws one slot of a part from its conditional."""
        logs = np.log(np.broadcast_to(chance, (self._chains, len(options))) + 1e-12)
        used = np.flatnonzero(mine.any(0))
        if len(used):
            logs = logs + self._options(state, part, slot, options, taste, _some(seen, used), mine[:, used])
        part[:, slot] = options[_drawn(logs, self._random)]

    def _options(
        self, state: State, part: Ints, slot: int, options: Ints, taste: int, seen: Looks, mine: np.ndarray
    ) -> Logits:
        """Log likelihood of each option [chains, options]; options that no page shows are all alike."""
        items, which = self._prior.items, seen.which
        kind = _kind(state, part, taste)
        if kind == "likes":
            shown = np.isin(options, items.values[which, slot])
        elif kind == "brands":
            shown = np.isin(options, items.brand[which])
        elif kind == "dislikes":
            shown = np.isin(options, items.values[which])
        else:
            shown = np.ones(len(options), bool)
        tried = np.flatnonzero(shown)
        nothing = np.array([], np.int64) if shown.all() else np.flatnonzero(~shown)[:1]
        each = options[np.concatenate([tried, nothing])]
        found = np.empty((self._chains, len(each)), np.float32)
        for chain in range(self._chains):
            views = np.flatnonzero(mine[chain])
            if not len(views):
                found[chain] = 0
                continue
            few = _some(seen, views)
            parts = {
                "likes": state.likes[chain, taste],
                "brands": state.brands[chain, taste],
                "dislikes": state.dislikes[chain, taste],
                "level": state.level[chain, taste, None],
            }
            many = {name: np.repeat(values[None], len(each), 0) for name, values in parts.items()}
            many[kind][:, slot] = each
            liked = liking(
                items, few.which, many["likes"], many["brands"], many["dislikes"], LEVELS[many["level"][:, 0]]
            )
            found[chain] = log_likelihood(few, liked).sum(-1)
        whole = np.repeat(found[:, -1:], len(options), 1)
        whole[:, tried] = found[:, : len(tried)]
        return whole

    def _transitions(self, visits: Sequence[Visit]) -> tuple[Floats, Floats]:
        """Of each visit: the share of leaves that is chosen freely, and the chance of its leaf without a choice."""
        free, explained = np.ones(len(visits)), np.zeros(len(visits))
        for number, visit in enumerate(visits):
            if visit.after_purchase and number:
                free[number] = (1 - FOLLOWED) * NEXT_LEAF / (FOLLOWED + (1 - FOLLOWED) * NEXT_LEAF)
                partners = self._prior.items.partner[self._prior.items.leaf[visits[number - 1].bought]]
                explained[number] = (1 - free[number]) * (partners == visit.leaf).mean()
        return free, explained

    def _chance(self, leaves: Ints, visits: Sequence[Visit], wanted: Floats, free: Floats, explained: Floats) -> Floats:
        """Log chance of each visit's leaf for tastes of these leaves [..., leaves]: [..., visits]."""
        weights = LEAF_WEIGHTS * np.moveaxis(wanted[:, leaves], 0, -2)
        there = np.array([visit.leaf for visit in visits])
        mine = (weights * (leaves[..., None, :] == there[:, None])).sum(-1) / weights.sum(-1)
        return np.asarray(np.log(free * mine + explained + ELSEWHERE))

    def _leaves(
        self, state: State, visits: Sequence[Visit], wanted: Floats, free: Floats, explained: Floats, which: Ints
    ) -> None:
        """Draws the leaves that are wanted."""
        prior, every = self._prior, np.arange(len(self._prior.lead))
        leaves = state.leaves()
        for taste in range(TASTES):
            tried = np.repeat(leaves[:, taste, None], len(every), 1)
            tried[:, :, 0] = every
            logs = np.log(np.broadcast_to(prior.lead, tried.shape[:2]))
            if taste == 0:
                logs = logs + np.log(prior.others[:, state.rest]).sum(2).T
            if len(visits):
                chance = self._chance(tried, visits, wanted, free, explained)
                logs = logs + (chance * (which == taste)[:, None]).sum(2)
            state.lead[:, taste] = _drawn(logs, self._random)
        for place in range(state.rest.shape[1]):
            logs = np.log(prior.others[state.lead[:, 0]])
            if len(visits):
                tried = np.repeat(state.leaves()[:, :, None], len(every), 2)
                tried[..., place + 1] = every
                chance = self._chance(tried, visits, wanted, free, explained)
                mine = which[:, None, :] == np.arange(TASTES)[None, :, None]
                logs = logs + (chance * mine[:, :, None]).sum((1, 3))
            state.rest[:, place] = _drawn(logs, self._random)

    def _moments(
        self,
        state: State,
        seen: Looks,
        visits: Sequence[Visit],
        wanted: Floats,
        free: Floats,
        explained: Floats,
        changes: Floats,
    ) -> None:
        """Draws when the taste changed."""
        if not len(visits):
            return
        every = [
            liking(
                self._prior.items,
                seen.which,
                state.likes[:, taste],
                state.brands[:, taste],
                state.dislikes[:, taste],
                LEVELS[state.level[:, taste]],
            )
            for taste in range(TASTES)
        ]
        views = np.stack([log_likelihood(seen, liked) for liked in every], 1)
        each = np.zeros((self._chains, TASTES, len(visits)))
        np.add.at(each.transpose(2, 0, 1), seen.visit, views.transpose(2, 0, 1))
        each += self._chance(state.leaves(), visits, wanted, free, explained)
        until = np.concatenate([np.zeros((*each.shape[:2], 1)), np.cumsum(each, 2)], 2)
        # Before which visit: 0 to the number of visits, and never, which counts like the last of them.
        place = np.minimum(np.arange(len(visits) + 2), len(visits))
        first, second, third = (until[:, taste][:, place] for taste in range(TASTES))
        total = (first - second)[:, :, None] + (second - third + until[:, 2, -1:])[:, None, :]
        drawn = _drawn((total + changes).reshape(self._chains, -1), self._random)
        state.cuts = np.stack(np.divmod(drawn, len(place)), 1)


def _kind(state: State, part: Ints, taste: int) -> str:
    for name in ("likes", "brands", "dislikes"):
        if np.shares_memory(part, getattr(state, name)):
            return name
    return "level"


def _chained(values: Ints, taste: int, share: Floats, kept: float) -> Floats:
    """Chances of each value of a taste, given those before and after it; a change keeps it or draws anew.

    `values` [chains, tastes], `share` [values] or [chains, values].
    """
    chains = len(values)
    share = np.broadcast_to(share, (chains, share.shape[-1]))
    rows = np.arange(chains)
    if taste:
        chance = (1 - kept) * share
        chance[rows, values[:, taste - 1]] += kept
    else:
        chance = share.copy()
    if taste + 1 < values.shape[1]:
        after = values[:, taste + 1]
        follows = np.repeat((1 - kept) * share[rows, after][:, None], share.shape[1], 1)
        follows[rows, after] += kept
        chance = chance * follows
    return chance


def _some(seen: Looks, views: Ints) -> Looks:
    kept = {name: values[views] for name, values in vars(seen).items() if name != "which"}
    which, page = np.unique(seen.which[kept.pop("page")], return_inverse=True)
    return Looks(which=which, page=page.reshape(len(views), -1), **kept)


def _drawn(logs: Floats, random: np.random.Generator) -> Ints:
    """One of each row by its logarithms (Gumbel's trick)."""
    return np.asarray((logs + random.gumbel(size=logs.shape)).argmax(1))
