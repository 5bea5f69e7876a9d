"""What recommendations know of a shopper."""

from dataclasses import dataclass, field

HISTORY_LENGTH = 50
"""Events that the towers look at; older ones moved the recommendation by next to nothing."""
BOUGHT_LENGTH = 500
"""Products bought that are remembered for leaving them out, the newest; and as many that are disliked. What was liked
puts none of them out."""
LOOKED_THROUGH = 2_000
"""Newest purchases, and dislikes, in which they are looked for: a bound for who buys the same over and over."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """One event of a history."""

    product_id: str
    kind: int
    """1 to 6, as services.recs.domain.events.Kind."""
    time_ms: int
    """Milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Shopper:
    """History, oldest first, and what follows from it."""

    history: tuple[Interaction, ...] = ()
    bought: frozenset[str] = field(default_factory=frozenset)
    disliked: frozenset[str] = field(default_factory=frozenset)
    preferred_categories: tuple[str, ...] = ()
    """Category ids, most liked first."""

    @property
    def known(self) -> bool:
        """Whether there is anything to personalise by."""
        return bool(self.history or self.preferred_categories)


NOBODY = Shopper()
"""Somebody of whom nothing is known."""
