"""What recs knows without the world around it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.recs.domain import attribution, feature_spec
from services.recs.domain.attribution import Claims
from services.recs.domain.events import AHEAD, Kind, happened, problem
from services.recs.domain.feature_spec import ItemFacts
from services.recs.domain.shopper import Interaction
from tests.unit.recs.shop import RELEASE

KEY = b"k" * 32
KINDS = {kind.name: int(kind) for kind in Kind}
SPEC = """{"title": {"lowercase": true, "pattern": "[^\\\\W_]+", "max_tokens": 4}, "history_length": 3, "dimension": 2,
 "category_depth": 2, "max_attributes": 2, "max_preferred_categories": 2,
 "kinds": {"VIEW": 1, "DISLIKE": 5, "SOMETHING_NEW": 9}}"""
FACTS = ItemFacts(
    "p1",
    ("a", "b", "c"),
    "Norr",
    12.5,
    "EUR",
    "The BIG_red Ünder-shirt 2",
    {"z": "1", "a": "2", "b": "3"},
    True,
    0.0,
    0,
)


def test_a_product_becomes_the_row_that_the_specification_says() -> None:
    row = feature_spec.parse(SPEC, KINDS).item_inputs(FACTS)
    assert row.title_tokens == ("the", "big", "red", "ünder")
    assert row.category_path == ("a", "b")
    assert row.attributes == ("a=2", "b=3")


def test_a_history_keeps_its_newest_events_of_known_kinds() -> None:
    hour = 3_600_000
    history = [Interaction(f"p{i}", kind, i * hour) for i, kind in enumerate([1, 1, 4, 5, 1])]
    steps = feature_spec.parse(SPEC, KINDS).steps(history, 4 * hour)
    assert [(step.product_id, step.kind, step.age_h) for step in steps] == [("p1", 1, 3), ("p3", 5, 1), ("p4", 1, 0)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{", "", "JSON"),
        ('"history_length": 3', '"history_length": "3"', "history_length"),
        ("]+", "", "regular expression"),
        ('"VIEW": 1', '"VIEW": "one"', "kinds"),
    ],
)
def test_a_specification_that_cannot_be_read_says_why(old: str, new: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        feature_spec.parse(SPEC.replace(old, new, 1), KINDS)


def test_an_attribution_token_is_ours_only_unchanged() -> None:
    claims = Claims("home", 3, "items_r3", 1_700_000_000)
    token = attribution.sign(claims, KEY)
    assert attribution.verify(token, KEY) == claims
    assert attribution.verify(token, b"x" * 32) is None
    body, _, signature = token.partition(".")
    for forged in ("", ".", body, f"{body}x.{signature}", f"{body}.{signature[:-2]}AA", "é.é"):
        assert attribution.verify(forged, KEY) is None


@pytest.mark.parametrize(
    ("kind", "product", "rating", "query", "order", "field"),
    [
        (Kind.VIEW, "p", 0, "", "", None),
        (Kind.SEARCH, "", 0, "shoes", "", None),
        (Kind.RATE, "p", 5, "", "", None),
        (Kind.PURCHASE, "p", 0, "", "", None),
        (Kind.PURCHASE, "p", 0, "", "o1", None),
        (Kind.VIEW, "", 0, "", "", "product"),
        (Kind.RATE, "p", 0, "", "", "rating"),
        (Kind.LIKE, "p", 4, "", "", "rating"),
        (Kind.LIKE, "p", 0, "x", "", "query"),
        (Kind.ADD_TO_CART, "p", 0, "", "o1", "order_id"),
    ],
)
def test_an_event_has_what_its_kind_needs(
    kind: Kind, product: str, rating: int, query: str, order: str, field: str | None
) -> None:
    found = problem(kind, product, rating, query, order)
    assert (found[0] if found else None) == field


def test_a_clock_may_be_ahead_a_little() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert happened(now + AHEAD, now) == now
    assert happened(now + AHEAD + timedelta(seconds=1), now) is None
    assert happened(now - timedelta(days=9), now) == now - timedelta(days=9)


def test_a_canary_answers_its_share_and_keeps_its_shoppers_when_it_grows() -> None:
    def answered(number: int, percent: int) -> set[str]:
        release = replace(RELEASE, number=number, traffic_percent=percent)
        return {f"users/u{i}" for i in range(5000) if release.answers(f"users/u{i}")}

    assert 400 < len(answered(3, 10)) < 600
    assert answered(3, 10) < answered(3, 50)
    assert answered(3, 0) == set()
    assert len(answered(3, 10) & answered(4, 10)) < 120  # not the same people every time


def test_a_specification_may_name_encoders() -> None:
    named = SPEC.rstrip()[:-1] + ', "encoders": [{"model": "clip_image", "version": "3", "dimension": 256}]}'
    spec = feature_spec.parse(named, KINDS)
    assert spec.encoders == (feature_spec.Encoder("clip_image", "3", 256),)
    assert spec.item_tower == "encoded_item_tower"
    plain = feature_spec.parse(SPEC, KINDS)
    assert (plain.encoders, plain.item_tower) == ((), "item_tower")


@pytest.mark.parametrize(
    ("encoders", "said"),
    [
        ('"clip"', "a list of objects"),
        ('["clip"]', "a list of objects"),
        ('[{"model": "clip", "version": 3, "dimension": 4}]', "a name and a number as text"),
        ('[{"model": "clip", "version": "new", "dimension": 4}]', "a name and a number as text"),
        ('[{"version": "3", "dimension": 4}]', "a name and a number as text"),
        ('[{"model": "clip", "version": "3", "dimension": 0}]', "needs `dimension`"),
    ],
)
def test_encoders_that_cannot_be_asked_are_refused(encoders: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        feature_spec.parse(SPEC.rstrip()[:-1] + f', "encoders": {encoders}}}', KINDS)
