"""Models compared question by question, and shoppers of whom little is known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.shops import small_shop
from trainers.evaluation import bench, harness, metrics, paired, simulated
from trainers.evaluation.protocols import history_rows, split
from trainers.evaluation.report import Row

SHOP = small_shop(products=60, shoppers=60)
MADE = split(SHOP.events, "time")


def row(name: str, seed: int) -> Row:
    def score(events, queries):  # type: ignore[no-untyped-def]
        return np.random.default_rng(seed).random((len(queries), 60), dtype=np.float32)

    return Row(name, harness.evaluate(score, MADE.events, MADE.known, MADE.test, 60), 0.0)


def test_a_small_gain_for_everybody_shows_where_intervals_overlap() -> None:
    random = np.random.default_rng(0)
    shopper = np.arange(200)
    weak = random.random(200)
    strong = weak + 0.02 + random.normal(0, 0.01, 200)
    first, second = (metrics.estimate(values, shopper) for values in (strong, weak))
    assert first.low < second.high, "the intervals overlap"
    found = paired.above({"ndcg@20": strong}, {"ndcg@20": weak}, shopper)["ndcg@20"]
    assert 0 < found.low < found.value < found.high
    assert found.value == pytest.approx(first.value - second.value)


def test_what_was_scored_reads_back_and_other_questions_are_noticed(tmp_path: Path) -> None:
    rows = [row("one", 1), row("two/2", 2)]
    paired.save(tmp_path / "found.npz", MADE.test, rows)
    found = paired.load(tmp_path / "found.npz")
    assert set(found.models) == {"one", "two/2"}
    for each in rows:
        for metric, values in each.result.each.items():
            assert np.array_equal(found.models[each.name][metric], values)
            assert values.mean() == pytest.approx(each.result.metrics[metric].value)
    fewer = MADE.test.take(np.arange(len(MADE.test) - 1))
    paired.save(tmp_path / "fewer.npz", fewer, [])
    assert found.same_questions(found)
    assert not found.same_questions(paired.load(tmp_path / "fewer.npz"))


def test_the_towers_are_compared_with_all_who_were_asked_the_same(tmp_path: Path) -> None:
    each = bench.Measured("some", "Some", "time")
    assert bench.differences(each, tmp_path) == []
    names = (("two-tower", 1), ("ease", 1), ("random", 2))
    for name, seed in names:
        paired.save(tmp_path / f"some-time-{name}.npz", MADE.test, [row(name, seed)])
    paired.save(tmp_path / "some-time-ials.npz", MADE.test.take(np.arange(30)), [row("ials", 1)])
    found = {(record["model"], record["metric"]): record for record in bench.differences(each, tmp_path)}
    assert {model for model, _ in found} == {"ease", "random"}
    assert found["ease", "ndcg@20"]["value"] == 0
    assert found["random", "ndcg@20"]["value"] != 0


@pytest.mark.parametrize("clicks", [0, 1, 3])
def test_of_a_visitor_only_the_newest_clicks_are_known(clicks: int) -> None:
    lengths = MADE.test.end - MADE.events.starts[MADE.test.user]
    asked = MADE.test.take(np.flatnonzero(lengths >= 3))
    events, queries = simulated.visitors(MADE.events, asked, clicks)
    rows, places = history_rows(events, queries)
    assert np.bincount(rows, minlength=len(asked)).tolist() == [clicks] * len(asked)
    expected = [MADE.events.item[end - clicks : end].tolist() for end in asked.end]
    assert [events.item[places[rows == i]].tolist() for i in range(len(asked))] == expected
    assert np.array_equal(queries.relevant, asked.relevant)
    assert not set(events.users) & set(SHOP.events.users), "stated preferences are not theirs"
    assert replace(asked, user=queries.user, end=queries.end).time.tolist() == queries.time.tolist()
