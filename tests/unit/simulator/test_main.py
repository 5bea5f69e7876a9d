import json
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from trainers.simulator.__main__ import main

SMALL = ["--shoppers", "5", "--seed", "1", "--until", "2026-06-01", "--quiet"]


def test_shop_behaviour_and_what_they_print(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made, acted = tmp_path / "shop", tmp_path / "acted"
    assert main(["shop", "--products", "8", "--pictures", "none", "--out", str(made), *SMALL]) == 0
    assert "8 products" in capsys.readouterr().out
    assert main(["behaviour", "--catalogue", str(made), "--out", str(acted), *SMALL]) == 0
    assert "5 users written to" in capsys.readouterr().out
    assert parquet.read_metadata(acted / "users.parquet").num_rows == 5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["shop", "--products", "none"], "no whole number from 1 up"),
        (["shop", "--shoppers", "0"], "no whole number from 1 up"),
        (["shop", "--seed", "-1"], "no whole number from 0 up"),
        (["shop", "--days", "3"], "no whole number from 7 up"),
        (["shop", "--until", "tomorrow"], "write it like 2026-01-31"),
        (["shop", "--pictures", "painted"], "invalid choice"),
        (["shop"], "--out"),
        (["behaviour", "--out", "x"], "--catalogue"),
    ],
)
def test_bad_arguments_are_named(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


def test_what_cannot_be_done_is_a_sentence_and_an_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["behaviour", "--catalogue", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "has no products.parquet" in capsys.readouterr().out
    (tmp_path / "file").write_text("")
    assert main(["shop", "--out", str(tmp_path / "file"), "--pictures", "none", *SMALL]) == 2
    assert "cannot be made" in capsys.readouterr().out


def test_a_report_that_cannot_be_written_is_a_sentence(
    simulated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    assert main(["ceiling", "--data", str(simulated), "--report", str(report)]) == 0
    assert json.loads(report.read_text())["ceiling"]["value"] > 0.4
    assert main(["ceiling", "--data", str(simulated), "--report", str(report / "below.json")]) == 2
    assert "Make room, or name another place" in capsys.readouterr().out
