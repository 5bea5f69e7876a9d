"""The scenarios that a new shop begins with. What a merchant made of them since is never overwritten."""

from services.recs.domain.scenarios import Diversity, RetrieverName, RetrieverUse, Scenario

R = RetrieverName

DEFAULTS = (
    Scenario(
        "home",
        "Picked for you",
        (RetrieverUse(R.TWO_TOWER),),
        "The page that a shopper begins with.",
    ),
    Scenario(
        "product",
        "Similar products",
        (RetrieverUse(R.SIMILAR),),
        "Beside a product.",
        needs_product=True,
    ),
    Scenario(
        "cart",
        "Goes well with your cart",
        (RetrieverUse(R.BOUGHT_TOGETHER, 2.0), RetrieverUse(R.TWO_TOWER)),
        "Beside the cart: what others bought with what is in it.",
        diversity=Diversity(max_per_category=4),
        page_size=8,
    ),
    Scenario(
        "checkout",
        "One last thing",
        (RetrieverUse(R.BOUGHT_TOGETHER),),
        "Beside the checkout: little, and only what goes with the order.",
        only_retrieved=True,
        page_size=4,
    ),
    Scenario(
        "search-empty",
        "Nothing found; perhaps you like these",
        (RetrieverUse(R.TWO_TOWER), RetrieverUse(R.TRENDING)),
        "Where a search found nothing.",
    ),
    Scenario(
        "account",
        "Your products",
        (RetrieverUse(R.BUY_AGAIN, 2.0), RetrieverUse(R.RECENTLY_VIEWED), RetrieverUse(R.BECAUSE_VIEWED)),
        "On the shopper's own page.",
    ),
    Scenario(
        "email",
        "Picked for you this week",
        (RetrieverUse(R.TWO_TOWER, 2.0), RetrieverUse(R.TRENDING), RetrieverUse(R.NEW_ARRIVALS)),
        "In a letter, where variety counts and nobody can scroll on.",
        diversity=Diversity(max_per_category=3, mmr=0.3),
        page_size=12,
    ),
)
