from dataclasses import replace

import numpy as np
import pytest

from tests.support.shops import small_shop
from trainers.datasets import KINDS, DataError, Events
from trainers.evaluation.protocols import PROTOCOLS, Queries, Split, history_rows, split, split_for_release

SHOP = small_shop()


@pytest.fixture(scope="module", params=list(PROTOCOLS))
def made(request: pytest.FixtureRequest) -> Split:
    return split(SHOP.events, request.param)


def histories(made: Split, queries: Queries) -> list[set[int]]:
    rows, places = history_rows(made.events, queries)
    return [set(made.events.item[places[rows == i]].tolist()) for i in range(len(queries))]


def test_no_question_is_about_what_the_shopper_has_come_across(made: Split) -> None:
    for queries in (made.validation, made.test):
        for i, seen in enumerate(histories(made, queries)):
            asked = set(queries.relevant[queries.offsets[i] : queries.offsets[i + 1]].tolist())
            assert asked
            assert not asked & seen


def test_histories_are_of_the_same_shopper_and_never_later(made: Split) -> None:
    rows, places = history_rows(made.events, made.test)
    assert (made.events.user[places] == made.test.user[rows]).all()
    assert (made.events.time[places] <= made.test.time[rows]).all()


def test_what_is_asked_was_not_learned(made: Split) -> None:
    for learned, queries in ((made.train, made.validation), (made.known, made.test)):
        pairs = set(zip(learned.user.tolist(), learned.item.tolist(), strict=True))
        users = np.repeat(queries.user, np.diff(queries.offsets))
        assert not pairs & set(zip(users.tolist(), queries.relevant.tolist(), strict=True))


def test_by_time_nothing_is_learned_from_after_the_cut() -> None:
    made = split(SHOP.events, "time")
    assert made.train.time.max() < made.validation.time.min()
    assert made.known.time.max() < made.test.time.min()


def test_events_of_the_same_second_are_not_known_to_each_other() -> None:
    events = Events(
        users=["u"],
        user=np.zeros(40, np.int64),
        item=np.arange(40),
        kind=np.full(40, KINDS["VIEW"]),
        time=np.repeat(np.arange(10.0), 4),
        rating=np.full(40, np.nan),
    )
    made = PROTOCOLS["time"](events)
    assert (made.events.time[made.test.end - 1] < made.test.time).all()
    assert set(made.test.end.tolist()) == {36}


def test_too_little_data_is_refused_with_a_sentence() -> None:
    with pytest.raises(DataError, match="Bring more events"):
        split(SHOP.events.where(np.arange(len(SHOP.events)) < 30), "time")
    with pytest.raises(DataError, match="0 events"):
        split(SHOP.events.where(np.zeros(len(SHOP.events), bool)), "time")


def test_a_shop_whose_events_have_no_times_is_measured_by_leaving_one_out() -> None:
    events = replace(SHOP.events, time=np.zeros(len(SHOP.events)))
    assert split_for_release(events)[0] == "last"
    assert split_for_release(SHOP.events)[0] == "time"


def test_the_newest_events_are_kept_when_a_history_is_cut() -> None:
    made = split(SHOP.events, "last")
    rows, places = history_rows(made.events, made.test, 3)
    assert np.bincount(rows).max() == 3
    assert (places.reshape(-1, 3)[:, -1] == made.test.end - 1).all()
