"""Trains the ranker: lists -> model -> loop."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainers.ranker.config import Config
from trainers.ranker.model import Ranker
from trainers.two_tower import computing


@dataclass(frozen=True)
class List:
    """Candidates for one shopper at one moment."""

    features: NDArray[np.float32]
    """[candidates, features]"""
    places: NDArray[np.int64]
    """On the page; 0 where they stood on none."""
    chosen: NDArray[np.float64]
    """Above 0 for what was chosen."""


def train(lists: Sequence[List], config: Config) -> Ranker:
    """Trains on lists in the order of time; the newest ones say when to stop."""
    clock = computing.clock(torch.device("cpu"))
    began = clock()
    torch.manual_seed(config.seed)
    every = np.concatenate([each.features for each in lists])
    ranker = Ranker(torch.from_numpy(every.mean(0)), torch.from_numpy(every.std(0)), config.layers)
    border = int(len(lists) * (1 - config.held_out))
    optimizer = torch.optim.AdamW(ranker.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    random = np.random.default_rng(config.seed)
    best, kept, since = float("inf"), copy.deepcopy(ranker.state_dict()), 0
    for _ in range(config.max_epochs):
        order = random.permutation(border)
        for begin in range(0, border, config.batch_size):
            optimizer.zero_grad()
            loss(ranker, [lists[i] for i in order[begin : begin + config.batch_size]]).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        with torch.inference_mode():
            found = loss(ranker, lists[border:]).item()
        if found < best:
            best, kept, since = found, copy.deepcopy(ranker.state_dict()), 0
        elif (since := since + 1) >= config.patience:
            break
        if clock() - began > config.max_seconds:
            break
    ranker.load_state_dict(kept)
    return ranker.eval()


def loss(ranker: Ranker, lists: Sequence[List]) -> Tensor:
    """Cross entropy between the softmax over a list and what was chosen from it (ListNet, Cao et al. 2007)."""
    longest = max(len(each.places) for each in lists)
    features = torch.zeros(len(lists), longest, lists[0].features.shape[1])
    places = torch.zeros(len(lists), longest, dtype=torch.int64)
    wanted, there = torch.zeros(len(lists), longest), torch.zeros(len(lists), longest, dtype=torch.bool)
    for row, each in enumerate(lists):
        size = len(each.places)
        features[row, :size], places[row, :size] = torch.from_numpy(each.features), torch.from_numpy(each.places)
        wanted[row, :size], there[row, :size] = torch.from_numpy(each.chosen / each.chosen.sum()).float(), True
    scores = ranker.on_page(features, places).masked_fill(~there, -1e9)
    return -(wanted * scores.log_softmax(1)).sum(1).mean()
