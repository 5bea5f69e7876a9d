"""Everything that can be set about the ranker and its training."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Config:
    """Settings of the ranker. What was measured for the values stands with them."""

    seed: int = 7
    candidates: int = 28
    """Of the towers' best that are ordered again when it serves: as many as a page of 20 asks of the index. 9,003
    products, NDCG@20 of validation above the towers: 28 gave 0.0248, 40 0.0250, 64 0.0260, 200 0.0266."""
    learned_from: int = 64
    """Of the towers' best that a list to learn from has. With 200: 0.0236 for the same 28."""
    most_lists: int = 4_000
    """Choices and pages to learn from, of each; a seeded sample beyond."""
    most_questions: int = 5_000
    """Held-out choices that it is compared with the towers on."""
    fewest_lists: int = 200
    """Fewer say too little of fourteen numbers."""
    layers: int = 1
    learning_rate: float = 0.02
    weight_decay: float = 0.05
    batch_size: int = 128
    max_epochs: int = 30
    patience: int = 4
    max_seconds: float = 20.0
    """A training that computes for longer ends with the epoch: by the wall's clock a busy machine made worse ones."""
    held_out: float = 0.2
    """Share of the newest lists that say when to stop."""

    neighbours: int = 32
    """Of each product that are looked up: what was chosen by those who chose it."""
    neighbours_of: int = 10
    """Newest events whose products' neighbours are looked up."""
    half_life_days: float = 14.0
    """Of the popularity that fades."""

    recent: int = 6
    """Newest events that are looked at apart."""
    session_h: float = 0.5
    prior: float = 3.0
    """Events added to a shopper's, so that the first few do not speak as loudly as many."""
    weights: Mapping[str, float] = field(
        default_factory=lambda: {"ADD_TO_CART": 1.5, "PURCHASE": 2.0, "LIKE": 2.0, "DISLIKE": -2.0}
    )
    """What an event says of its product, where a view says 1."""
    wanted: tuple[str, ...] = ("ADD_TO_CART", "PURCHASE", "LIKE", "DISLIKE")
    """Kinds that say more than a view."""
    quantiles: int = 11
    """Of the prices of a leaf category."""
