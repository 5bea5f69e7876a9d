import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.shops import small_shop
from trainers.evaluation.__main__ import main


@pytest.fixture
def data(tmp_path: Path) -> Path:
    shop = small_shop()
    rows = zip(shop.events.user, shop.events.item, shop.events.time, strict=True)
    (tmp_path / "shop.csv").write_text("user,item,timestamp\n" + "".join(f"{u},{i},{t}\n" for u, i, t in rows))
    return tmp_path / "shop.csv"


@pytest.mark.parametrize("protocol", ["time", "period", "last"])
def test_a_table_is_printed_and_a_report_is_written(
    data: Path, tmp_path: Path, protocol: str, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "reports" / "report.json"
    arguments = ["--data", str(data), "--protocol", protocol, "--model", "baselines", "--report", str(report)]
    assert main(arguments) == 0
    found = json.loads(report.read_text())
    assert found["protocol"] == protocol
    assert list(found["models"]) == ["random", "popularity", "recent popularity", "item-kNN"]
    assert {"value", "low", "high"} == set(found["models"]["item-kNN"]["metrics"]["ndcg@20"])
    assert {"coverage@10", "novelty@20", "popularity bias@10"} <= set(found["models"]["item-kNN"]["beyond"])
    assert "item-kNN" in capsys.readouterr().out
    plotted = ElementTree.fromstring(report.with_suffix(".svg").read_text())
    assert len(plotted.findall("{http://www.w3.org/2000/svg}path")) == 4, "an interval a model"


def test_data_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path / "nothing")]) == 2
    assert "does not exist" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("wrong", ["--most-questions 0", "--most-questions -3", "--max-seconds nan", "--seed -1"])
def test_numbers_that_make_no_sense_are_refused(data: Path, wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--data", str(data), *wrong.split()])
    assert ended.value.code == 2
    assert f"{wrong.split()[1]!r} is no " in capsys.readouterr().err


def test_a_table_in_a_file_is_whole(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--data", str(data), "--model", "popularity", "--report", str(tmp_path / "report.json")]
    assert main(arguments) == 0
    assert "pop. bias" in capsys.readouterr().out


def test_a_package_that_is_not_there_is_said(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda package: None)
    assert main(["--data", str(data), "--model", "popularity,sasrec"]) == 2
    assert "sasrec needs the Python package rectools" in " ".join(capsys.readouterr().out.split())
