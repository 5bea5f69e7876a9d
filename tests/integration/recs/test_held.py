"""No release learns from what the feature views do not hold, or from what tells of later."""

import json
import shutil
from collections.abc import Hashable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from rich.console import Console

from services.recs.domain.events import Event, Kind
from services.recs.features.definitions import HISTORY, STATISTICS, TIME
from tests.integration.recs.feature_log import PRODUCTS, SECOND, Log, shop_of, some_events
from tests.integration.recs.test_statistics import NOON
from tests.unit.release.conftest import Recs
from trainers.datasets import Shop
from trainers.evaluation.protocols import every_choice
from trainers.features import histories, training
from trainers.features.errors import FeatureError, LeakError
from trainers.features.training import Held
from trainers.features.views import Views
from trainers.ranker import build as ranker
from trainers.release import __main__ as program
from trainers.release import features, places, registry
from trainers.release import training as making
from trainers.release.extract import EVENTS, Extract
from trainers.two_tower.build import Built

LENGTH = 50


def extracted(events: Sequence[Event], folder: Path) -> Path:
    """The events.parquet that extract would have written; returns it."""
    rows = [
        {
            "event_id": event.event_id,
            "user": event.shopper.removeprefix("users/"),
            "kind": event.kind.name.lower(),
            "product": event.product_id,
            "time": event.event_time,
        }
        for event in sorted(events, key=lambda event: event.event_time)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.Table.from_pylist(rows, EVENTS), folder / "events.parquet")
    return folder / "events.parquet"


def held(log: Log, shop: Shop, file: Path) -> tuple[Shop, Held]:
    return training.hold(shop, file, LENGTH, Views(log.settings.feast_repo))


def told(row: dict[Hashable, object]) -> dict[Hashable, object]:
    """A joined row, comparable; what is not known is None, as in a list of nothing."""
    plain = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in row.items()}
    return {name: None if value is None or value != value or value == [] else value for name, value in plain.items()}


async def test_the_join_gives_what_feast_gives(log: Log) -> None:
    await log.write(some_events(shoppers=4))
    await log.build()
    shop = shop_of(log.written)
    labels = histories.labels(shop, every_choice(shop.events).sample(30))
    # Somebody whom no view knows, and a moment before everything.
    labels.loc[0, "shopper"], labels.loc[1, "time"] = "users/nobody", labels["time"].min() - 9 * SECOND
    ours, theirs = (Views(log.settings.feast_repo, through_feast=each).at(labels) for each in (False, True))
    assert set(ours.columns) == set(theirs.columns)
    pairs = zip(map(told, ours.to_dict("records")), map(told, theirs.to_dict("records")), strict=True)
    assert [(name, row[name], other[name]) for row, other in pairs for name in row if row[name] != other[name]] == []
    known = sum(isinstance(value, np.ndarray) for value in ours["shopper_history__product_ids"])
    assert known > 20, "it is no comparison of nothing with nothing"


async def test_all_histories_are_held_to_the_view_and_nothing_is_left_out(log: Log, tmp_path: Path) -> None:
    await log.write(some_events())
    await log.build()
    shop = shop_of(log.written)
    kept, checked = held(log, shop, extracted(log.written, tmp_path))
    assert kept.events is shop.events, "what is learned from is the same, to the bit"
    moments = {(event.shopper, event.event_time) for event in log.written}
    assert (checked.histories, checked.shoppers) == (len(moments), 12)
    assert (checked.shoppers_left_out, checked.events_left_out) == (0, 0)
    assert checked.rows["shopper_history"] == len(moments)


@pytest.mark.parametrize("number", range(4))
async def test_any_other_history_is_found(log: Log, tmp_path: Path, number: int) -> None:
    await log.write(some_events(shoppers=8))
    await log.build()
    rows = sorted((row for row in log.rows(HISTORY) if row["shopper"] == "users/u3"), key=lambda row: str(row[TIME]))
    others = [row for row in log.rows(HISTORY) if row["shopper"] != "users/u3"]
    changes: list[dict[str, object]] = [
        {"product_ids": [*list(rows[40]["product_ids"])[:-1], "p-other"]},  # type: ignore[call-overload]
        {"kinds": [9 - kind for kind in list(rows[40]["kinds"])]},  # type: ignore[call-overload]
        {"times_ms": [time - 1 for time in list(rows[40]["times_ms"])]},  # type: ignore[call-overload]
        {TIME: rows[41][TIME]},
    ]
    parquet.write_table(
        pa.Table.from_pylist([*others, *rows[:40], rows[40] | changes[number], *rows[41:]], HISTORY.schema),
        HISTORY.file(log.settings.feast_repo),
    )
    kept, checked = held(log, shop_of(log.written), extracted(log.written, tmp_path))
    assert checked.shoppers_left_out == 1
    assert {kept.events.users[user] for user in kept.events.user} == {f"users/u{i}" for i in range(8) if i != 3}


@pytest.mark.parametrize("at_once", [1, 7, 64])
async def test_a_view_of_many_parts_is_held_like_a_whole_one(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    await log.write(some_events(shoppers=8))
    await log.build()
    file, parts = HISTORY.file(log.settings.feast_repo), []
    rows = log.rows(HISTORY)
    changed = [row for row in rows if row["shopper"] == "users/u3"][40]
    changed["product_ids"] = [*list(changed["product_ids"])[:-1], "p-other"]  # type: ignore[call-overload]
    part_of = training._Columns.of

    def seen(part: pa.RecordBatch, products: pa.Array) -> training._Columns:
        parts.append(part)
        return part_of(part, products)

    monkeypatch.setattr(training, "AT_ONCE", at_once)
    monkeypatch.setattr(training._Columns, "of", seen)
    shop, extract = shop_of(log.written), extracted(log.written, tmp_path)
    parquet.write_table(parquet.read_table(file), file, row_group_size=5)
    assert held(log, shop, extract)[1].shoppers_left_out == 0
    assert sum(map(len, parts)) == len(rows)
    assert max(map(len, parts)) <= at_once < 70, "so that every shopper's rows lie in several"
    assert "bought" not in parts[0].schema.names, "what is compared with nothing is not read"
    parquet.write_table(pa.Table.from_pylist(rows, HISTORY.schema), file, row_group_size=5)
    kept, checked = held(log, shop, extract)
    assert checked.shoppers_left_out == 1
    assert {kept.events.users[user] for user in kept.events.user} == {f"users/u{i}" for i in range(8) if i != 3}


async def test_many_other_histories_are_refused(log: Log, tmp_path: Path) -> None:
    await log.write(some_events())
    await log.build()
    late = [replace(event, event_id="late", event_time=NOON - SECOND) for event in log.written[::70]]
    with pytest.raises(LeakError, match=r"of 12 shoppers differ from the view.*features build"):
        held(log, shop_of([*late, *log.written]), extracted([*late, *log.written], tmp_path))


async def test_what_the_views_do_not_hold_yet_waits(log: Log, tmp_path: Path) -> None:
    await log.write(some_events())
    parquet.write_table(HISTORY.schema.empty_table(), HISTORY.file(log.settings.feast_repo))
    with pytest.raises(FeatureError, match="hold no history yet"):
        held(log, shop_of(log.written), extracted(log.written, tmp_path))
    await log.build()
    end = max(event.event_time for event in log.written)
    news = [Event("users/u1", f"n{i}", Kind.VIEW, PRODUCTS[i], end + (i + 1) * SECOND) for i in range(3)]
    shop = shop_of([*log.written, *news])
    kept, checked = held(log, shop, extracted([*log.written, *news], tmp_path))
    assert checked.events_left_out == len(shop.events) - len(kept.events) == 3
    assert checked.until == pytest.approx(end.timestamp())


async def test_a_copy_of_the_views_is_read_where_it_lies(log: Log, tmp_path: Path) -> None:
    await log.write(some_events())
    await log.build()
    copy, defined = tmp_path / "mounted", HISTORY.file(log.settings.feast_repo)
    shutil.copytree(log.settings.feast_repo, copy)
    parquet.write_table(HISTORY.schema.empty_table(), defined)
    shop, events = shop_of(log.written), extracted(log.written, tmp_path)
    assert training.hold(shop, events, LENGTH, Views(copy))[1].shoppers == 12
    for file in (defined, HISTORY.file(copy)):
        file.unlink()
    with pytest.raises(FeatureError, match=r"neither .*/mounted/offline/.* is there.*--features-dir"):
        training.hold(shop, events, LENGTH, Views(copy))


async def test_a_warehouse_is_refused_with_what_is_possible(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await log.build()
    monkeypatch.setattr(Views, "_in_a_file", lambda *_: False)
    with pytest.raises(FeatureError, match=r"trainers.features join.*--features-dir"):
        held(log, shop_of([]), extracted([], tmp_path))


@pytest.fixture
def release(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recs:
    """The release pipeline beside the views, with trainings that only say what they were given."""
    recs = Recs(tmp_path)
    recs.places = replace(recs.places, features=log.settings.feast_repo)

    def built(shop: Shop, _: object, folder: Path, *__: object, **___: object) -> Built:
        folder.mkdir(parents=True)
        return Built(folder, None, {"events": len(shop.events)}, None, None)  # type: ignore[arg-type]

    monkeypatch.setattr(making, "build", built)
    monkeypatch.setattr(
        ranker, "add", lambda _, made, *__: (made.folder / "report.json").write_text(json.dumps(made.report))
    )
    monkeypatch.setattr(places, "from_flags", lambda _: recs.places)
    monkeypatch.setattr(program, "Services", lambda _: recs)
    monkeypatch.setattr(Recs, "__enter__", lambda self: self, raising=False)
    monkeypatch.setattr(Recs, "__exit__", lambda *_: None, raising=False)
    monkeypatch.setattr(registry, "promoted", lambda _: None)
    return recs


async def test_the_pipeline_refuses_a_planted_leak_and_reports_what_it_held(
    log: Log, release: Recs, capsys: pytest.CaptureFixture[str]
) -> None:
    offline = release.places.offline
    await log.write(some_events())
    await log.build()
    extracted(log.written, offline)
    parquet.write_table(pa.table({"id": PRODUCTS, "title": PRODUCTS}), offline / "products.parquet")
    Extract(len(PRODUCTS), len(log.written), "1").save(offline)
    candidate = release.places.candidate
    assert program.main(["train"]) == 0
    report = json.loads((candidate / "report.json").read_text())
    assert report["events"] == len(log.written)
    assert report["features"]["histories"] == len({(event.shopper, event.event_time) for event in log.written})
    # What is known in the end, stamped as if it had been known in the middle: a point-in-time join lets it pass.
    middle = NOON + (max(event.event_time for event in log.written) - NOON) / 2
    for view in (HISTORY, STATISTICS):
        await log.build()
        log.plant(view, [{**next(iter(log.last(view).values())), TIME: middle}])
        capsys.readouterr()
        (candidate / "of before").touch()
        assert program.main(["train"]) == program.VIEWS_REFUSED
        said = " ".join(capsys.readouterr().out.split())
        assert f"{view.name} has rows that tell of what happened after them" in said
        assert not release.places.candidate.with_name("candidate.new").exists()
    await log.build()
    assert program.main(["train"]) == 0
    assert not (candidate / "of before").exists()


def test_a_shop_on_this_machine_writes_its_views_before_a_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(features, "_run", lambda shop: asked.append(shop) or 7)
    where = replace(Recs(tmp_path).places, shop=tmp_path)
    with pytest.raises(features.ReleaseError, match=r"exit code 7.*local features build"):
        features.held(shop_of([]), where, LENGTH, Console(quiet=True))
    assert asked == [tmp_path]


def test_a_training_without_views_says_which_flag_names_them(tmp_path: Path) -> None:
    where = replace(Recs(tmp_path).places, shop=None, features=tmp_path / "nowhere")
    with pytest.raises(features.ReleaseError, match=r"nowhere has no feature_store.yaml.*--features-dir"):
        features.held(shop_of([]), where, LENGTH, Console(quiet=True))


def test_a_training_for_a_shop_elsewhere_is_not_held_to_the_views_of_the_one_here(tmp_path: Path) -> None:
    where = replace(Recs(tmp_path).places, shop=None, features=None)
    with pytest.raises(features.ReleaseError, match=r"not the one on this machine.*--features-dir"):
        features.held(shop_of([]), where, LENGTH, Console(quiet=True))
