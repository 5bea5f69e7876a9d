"""What is counted from the log of events, as SQL.

Ages count from the newest event, not from now: the order is the same, and a shop whose events are years old has one
too. Only entries whose products or their order changed are written: their readers read these alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import TextClause, text

from services.recs.ports import Statistic


@dataclass(frozen=True)
class Limits:
    """What the statistics look at."""

    window_days: int = 90
    half_life_days: float = 7.0
    trend_half_life_days: float = 1.0
    """Trending is what is wanted more by this short memory than by the long one."""
    least_baskets: int = 3
    """Less often is chance: one basket in common can make a lift of hundreds."""
    least_visits: int = 2
    largest_basket: int = 50
    """Longer ones are left out: who buys or looks at everything says nothing of what belongs together, at the square
    of the cost."""
    neighbours: int = 30
    ranked: int = 200
    least_region_events: int = 30
    least_buyers: int = 3


# Everything that somebody did in one day is one visit. A basket is an order, and where purchases name none, a day.
# The shop's checkouts once named their order in the event's id alone.
DAY = "(event_time AT TIME ZONE 'UTC')::date::text"
ORDER = f"coalesce(nullif(order_id, ''), substring(event_id FROM '^order-(.+)-[0-9]+$'), {DAY})"
TOGETHER = """
    WITH newest AS (SELECT max(event_time) AS time FROM user_events WHERE kind = ANY(CAST(:kinds AS int[]))),
    seen AS (
        SELECT DISTINCT shopper, {basket} AS basket, product_id
        FROM user_events, newest
        WHERE kind = ANY(CAST(:kinds AS int[])) AND event_time > newest.time - CAST(:span AS interval)
    ),
    sized AS (SELECT *, count(*) OVER (PARTITION BY shopper, basket) AS size FROM seen),
    kept AS (SELECT shopper, basket, product_id FROM sized WHERE size <= :largest),
    total AS (SELECT count(*) AS count FROM (SELECT DISTINCT shopper, basket FROM kept) AS baskets),
    single AS (SELECT product_id, count(*)::float8 AS count FROM kept GROUP BY product_id),
    pair AS (
        SELECT one.product_id AS key, other.product_id AS item, count(*)::float8 AS count
        FROM kept AS one JOIN kept AS other USING (shopper, basket)
        WHERE one.product_id <> other.product_id
        GROUP BY key, item HAVING count(*) >= :least
    ),
    scored AS (
        SELECT pair.key, pair.item, pair.count, {score} AS score
        FROM pair JOIN single AS one ON one.product_id = pair.key JOIN single AS other ON other.product_id = pair.item,
             total
    ),
"""
LIFT = "pair.count * total.count / (one.count * other.count)"
COSINE = "pair.count / sqrt(one.count * other.count)"
BEST = """
    ranked AS (
        SELECT key, item, score, row_number() OVER (PARTITION BY key ORDER BY score DESC, count DESC, item) AS place
        FROM scored WHERE score > :above
    ),
"""
WEIGHED = """
    WITH newest AS (SELECT max(event_time) AS time FROM user_events WHERE kind <= 6),
    weighed AS (
        SELECT product_id, region, extract(epoch FROM newest.time - event_time) / 86400 AS age,
               (CASE kind WHEN 1 THEN 1 WHEN 2 THEN 3 WHEN 3 THEN 5 WHEN 4 THEN 3 WHEN 5 THEN -3 ELSE rating - 3 END)
               AS weight
        FROM user_events, newest
        WHERE kind <= 6 AND event_time > newest.time - CAST(:span AS interval)
    ),
"""
SLOW = "sum(weight * power(0.5, least(300, age / CAST(:half_life AS float8))))"
FAST = "sum(weight * power(0.5, least(300, age / CAST(:trend_half_life AS float8))))"
# How far the last days are from what the weeks before let one expect, in units of chance (a Poisson z-score). The one
# beneath the root keeps a single view of an unknown product from being the trend; a tenth less is expected, so that a
# shop that opened today, where nothing is above expectation, shows what is wanted most.
TRENDING = f"""
    product AS (SELECT product_id, {SLOW} AS slow, {FAST} AS fast FROM weighed GROUP BY product_id),
    total AS (SELECT sum(fast) / nullif(sum(slow), 0) AS share FROM product),
    scored AS (
        SELECT 'trending' AS key, product_id AS item, 1 AS count,
               (fast - 0.9 * slow * share) / sqrt(greatest(slow * share, 0) + 1) AS score
        FROM product, total
    ),
"""  # noqa: S608
BY_CATEGORY = f"""
    product AS (SELECT product_id, {SLOW} AS score FROM weighed GROUP BY product_id),
    scored AS (
        SELECT 'category/' || category AS key, product_id AS item, 1 AS count, score
        FROM product JOIN product_categories USING (product_id), unnest(category_ids) AS category
    ),
"""  # noqa: S608
BY_REGION = f"""
    large AS (SELECT region FROM weighed WHERE region <> '' GROUP BY region HAVING count(*) >= :least),
    scored AS (
        SELECT 'region/' || region AS key, product_id AS item, 1 AS count, {SLOW} AS score
        FROM weighed JOIN large USING (region) GROUP BY region, product_id
    ),
"""  # noqa: S608
AGAIN = """
    WITH newest AS (SELECT max(event_time) AS time FROM user_events WHERE kind = 3),
    bought AS (
        SELECT shopper, product_id, count(DISTINCT (event_time AT TIME ZONE 'UTC')::date) AS days
        FROM user_events, newest
        WHERE kind = 3 AND event_time > newest.time - CAST(:span AS interval)
        GROUP BY shopper, product_id
    ),
    scored AS (
        SELECT '' AS key, product_id AS item, count(*) AS count,
               count(*) FILTER (WHERE days > 1)::float8 / count(*) AS score
        FROM bought GROUP BY product_id HAVING count(*) >= :least
    ),
"""
WRITE = """
    counted AS MATERIALIZED (
        SELECT key, array_agg(item ORDER BY place) AS ids, array_agg(score ORDER BY place)::real[] AS scores
        FROM ranked WHERE place <= :most GROUP BY key
    ),
    written AS (
        INSERT INTO statistics (kind, key, ids, scores, version)
        SELECT CAST(:kind AS smallint), key, ids, scores, CAST(:version AS bigint) FROM counted
        ON CONFLICT (kind, key) DO UPDATE SET ids = EXCLUDED.ids, scores = EXCLUDED.scores, version = EXCLUDED.version
        WHERE statistics.ids <> EXCLUDED.ids
    )
    UPDATE statistics SET ids = '{}', scores = '{}', version = CAST(:version AS bigint)
    WHERE kind = CAST(:kind AS smallint) AND key LIKE :keys AND cardinality(ids) > 0
      AND NOT EXISTS (SELECT FROM counted WHERE counted.key = statistics.key)
"""


@dataclass(frozen=True)
class Count:
    """A statement, and what it is given."""

    kind: Statistic
    statement: TextClause
    values: Mapping[str, Any]
    keys: str = "%"
    """The keys of its own, for LIKE."""


def counts(limits: Limits) -> list[Count]:
    """All that is counted."""
    span = {"span": timedelta(days=limits.window_days)}
    slow = span | {"half_life": limits.half_life_days, "above": 0.0, "most": limits.ranked}
    together = span | {"largest": limits.largest_basket, "most": limits.neighbours}
    bought = together | {"kinds": [3], "least": limits.least_baskets, "above": 1.0}
    viewed = together | {"kinds": [1, 2, 3, 4], "least": limits.least_visits, "above": 0.0}
    again = span | {"least": limits.least_buyers, "above": 0.0, "most": 100_000}
    trend = slow | {"trend_half_life": limits.trend_half_life_days}
    region = slow | {"least": limits.least_region_events}
    ranking = Statistic.RANKING
    return [
        Count(Statistic.BOUGHT_WITH, text(TOGETHER.format(basket=ORDER, score=LIFT) + BEST + WRITE), bought),
        Count(Statistic.VIEWED_WITH, text(TOGETHER.format(basket=DAY, score=COSINE) + BEST + WRITE), viewed),
        Count(ranking, text(WEIGHED + TRENDING + BEST + WRITE), trend, "trending"),
        Count(ranking, text(WEIGHED + BY_CATEGORY + BEST + WRITE), slow, "category/%"),
        Count(ranking, text(WEIGHED + BY_REGION + BEST + WRITE), region, "region/%"),
        Count(Statistic.REPEATED, text(AGAIN + BEST + WRITE), again),
    ]
