"""Choices as sparse matrices, for models that do without order."""

import numpy as np
from scipy import sparse

from trainers.datasets import Events
from trainers.evaluation.protocols import Queries, history_rows


def choices(events: Events, products: int) -> sparse.csr_matrix:
    """1 where a shopper chose a product, [shoppers, products]."""
    kept = events.chosen & events.first
    entries = (np.ones(kept.sum(), np.float32), (events.user[kept], events.item[kept]))
    return sparse.csr_matrix(entries, (len(events.users), products))


def histories(events: Events, queries: Queries, products: int, newest: int | None = None) -> sparse.csr_matrix:
    """1 where the question's shopper chose the product before it was asked, [questions, products].

    `newest` looks at so many of the last events only.
    """
    rows, places = history_rows(events, queries, newest)
    wanted = events.chosen[places]
    entries = (np.ones(wanted.sum(), np.float32), (rows[wanted], events.item[places][wanted]))
    found = sparse.csr_matrix(entries, (len(queries), products))
    found.data[:] = 1.0  # a product that was seen twice counts once
    return found
