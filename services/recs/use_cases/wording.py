"""Sentences that shoppers read."""

from collections.abc import Mapping

from services.recs.domain.scenarios import RetrieverName
from services.recs.domain.shopper import Shopper
from services.recs.use_cases.position import SCORED

R = RetrieverName
PINNED = "pinned"
TITLES: Mapping[str, str] = {
    R.TWO_TOWER: "Picked for you",
    R.SIMILAR: "Similar products",
    R.BOUGHT_TOGETHER: "Often bought together",
    R.TRENDING: "Trending now",
    R.POPULAR: "Popular in the shop",
    R.NEW_ARRIVALS: "New in the shop",
    R.RECENTLY_VIEWED: "Recently viewed",
    R.BUY_AGAIN: "Buy again",
    R.BECAUSE_VIEWED: "Because of what you viewed",
}
REASONS: Mapping[str, str] = {
    R.TWO_TOWER: "Picked for what you looked at lately",
    R.SIMILAR: "Similar to what you are looking at",
    R.BOUGHT_TOGETHER: "Often bought together with what is in your cart",
    R.TRENDING: "Trending right now",
    R.POPULAR: "Popular in the shop right now",
    R.NEW_ARRIVALS: "New in the shop",
    "newest": "New in the shop",
    R.RECENTLY_VIEWED: "You looked at it",
    R.BUY_AGAIN: "You bought it before",
    R.BECAUSE_VIEWED: "Because of what you viewed",
    PINNED: "Recommended by the shop",
    SCORED: "Picked for what you looked at lately",
}


def title(retriever: RetrieverName, anchor_title: str) -> str:
    """What stands above a row that one retriever fills."""
    return because(anchor_title) if retriever is R.BECAUSE_VIEWED and anchor_title else TITLES[retriever]


def reasons(shopper: Shopper, anchor_title: str, beside_title: str) -> Mapping[str, str]:
    """A sentence by retriever.

    Args:
        shopper: who reads it.
        anchor_title: of the product that the shopper looked at last; empty where it plays no part.
        beside_title: of the product whose page it is; empty elsewhere.
    """
    own: dict[str, str] = {}
    if not shopper.history:
        own[R.TWO_TOWER] = "Picked for what you like"
    if beside_title:
        own[R.BOUGHT_TOGETHER] = f"Often bought together with {beside_title}"
    if anchor_title:
        own[R.BECAUSE_VIEWED] = because(anchor_title)
    return {**REASONS, **own}


def because(anchor_title: str) -> str:
    """Names the product that others are like."""
    return f"Because you viewed {anchor_title}"
