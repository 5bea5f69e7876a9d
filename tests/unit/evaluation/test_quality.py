import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainers.evaluation import __main__ as command
from trainers.evaluation import bench, models, page, possible, quality, simulated
from trainers.evaluation.cold_start import __main__ as cold_start
from trainers.evaluation.search import __main__ as search

INTERVAL = {"value": 0.5, "low": 0.4, "high": 0.6}


def report(model: str, value: float = 0.5) -> dict[str, object]:
    metrics = {name: INTERVAL | {"value": value} for name in page.ACCURACY}
    return {
        "dataset": "shop",
        "protocol": "last",
        "counts": {"test_questions": 40},
        "models": {
            model: {
                "metrics": metrics,
                "beyond": {"coverage@10": INTERVAL},
                "slices": {"new shoppers": {"questions": 7, "ndcg@20": 0.1}},
                "parts": {"new shoppers": {"ndcg@10": INTERVAL}},
                "fit_seconds": 2.5,
            }
        },
    }


def test_records_have_all_fields_and_parts_are_apart() -> None:
    found = quality.records(report("EASE"), "python -m x", "abc")
    assert all(tuple(sorted(record)) == tuple(sorted(quality.FIELDS)) for record in found)
    values = {record["metric"]: record["value"] for record in found}
    assert values["questions"] == 40
    assert values["questions of new shoppers"] == 7
    assert {"ndcg@10", "ndcg@10 of new shoppers", "coverage@10", "fit seconds"} <= set(values)


def test_who_measures_again_replaces_the_own_records_only(tmp_path: Path) -> None:
    file = tmp_path / "quality.json"
    other = {**quality.records(report("EASE"), "c", "r")[0], "task": "search"}
    quality.save(file, [other])
    quality.update(file, quality.records(report("EASE", 0.1), "c", "r"))
    quality.update(file, quality.records(report("BPR", 0.2), "c", "r"))
    quality.update(file, quality.records(report("EASE", 0.3), "c", "r"))
    found = json.loads(file.read_text())
    assert other in found
    values = [(record["model"], record["value"]) for record in found if record["metric"] == "ndcg@10"]
    assert sorted(values) == [("BPR", 0.2), ("EASE", 0.3), ("EASE", 0.5)]


def test_the_page_has_the_best_first_with_interval_and_command(tmp_path: Path) -> None:
    found = quality.records(report("weak", 0.1), "python weak", "r") + quality.records(report("best", 0.3), "b", "r")
    page.write(tmp_path / "quality.md", found, "notes")
    text = (tmp_path / "quality.md").read_text()
    assert text.index("| best | 0.3000 (0.4000-0.6000)") < text.index("| weak | 0.1000")
    assert "| model | new shoppers (7) |" in text
    assert "    python weak\n" in text


def test_absent_data_sets_are_skipped_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "REPORTS", tmp_path / "reports")  # this machine's may hold earlier runs
    arguments = ["--data", str(tmp_path), "--only", "amazon-beauty", "--model", "random", "--out", str(tmp_path)]
    assert bench.main(arguments) == 1
    assert "skipped:" in (said := " ".join(capsys.readouterr().out.split()))
    assert "amazon-beauty does not exist" in said
    text = (tmp_path / "quality.md").read_text()
    assert text.startswith("# Quality")
    assert "- Beauty, protocol last: random, popularity, recent popularity, item-kNN, EASE," in text


def test_every_model_has_a_name_and_wrong_names_are_said() -> None:
    assert models.names("all") == tuple(models.MODELS)
    asked = models.Asked("Beauty", max_seconds=5)
    named = [models.MODELS[name](asked).name for name in models.MODELS]
    assert len(set(named)) == len(models.MODELS)
    with pytest.raises(ValueError, match="no model 'two_tower'; there are random,"):
        models.names("ease,two_tower")


def test_a_folder_that_is_missing_is_made_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "REPORTS", tmp_path / "reports")
    out = tmp_path / "not" / "yet"
    assert bench.main(["--data", str(tmp_path), "--only", "amazon-beauty", "--model", "random", "--out", str(out)]) == 1
    assert (out / "quality.md").exists()


@pytest.mark.parametrize(
    ("main", "arguments"),
    [
        (bench.main, ["--out", "FILE/folder"]),
        (simulated.main, ["--out", "FILE/folder"]),
        (possible.main, ["--out", "FILE"]),
        (cold_start.main, ["--out", "FILE/folder"]),
        (search.main, ["--corpus", "x", "--quality", "FILE/folder"]),
        (search.main, ["--corpus", "x", "--json", "FILE/found.json"]),
        (command.main, ["--data", "x", "--report", "FILE/found.json"]),
    ],
)
def test_what_cannot_be_written_is_said_in_a_sentence(
    main: Callable[[list[str]], Any], arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as ended:
        main([argument.replace("FILE", str(tmp_path / "file")) for argument in arguments])
    assert ended.value.code == 2
    assert f"{tmp_path / 'file'}" in (said := capsys.readouterr().err)
    assert "cannot be a folder" in said


def test_pictures_of_the_notes_are_found_from_the_notes_and_from_the_page() -> None:
    links = re.findall(r"!\[[^]]*\]\(([^)]+)\)", bench.NOTES.read_text(encoding="utf-8"))
    assert len(links) == 3
    assert all((bench.NOTES.parent / link).is_file() for link in links)
    docs = bench.ROOT / "docs"
    shown = re.findall(r"!\[[^]]*\]\(([^)]+)\)", (docs / "quality.md").read_text(encoding="utf-8"))
    assert shown == re.findall(r"!\[[^]]*\]\(([^)]+)\)", bench.notes(docs))
    assert all((docs / link).is_file() for link in shown)
