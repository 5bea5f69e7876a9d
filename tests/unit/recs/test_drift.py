"""The stability index tells what moved from what did not."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from services.recs.features import report
from services.recs.features.drift import LEAST, Drift, Verdict, compare
from services.recs.features.monitor import Freshness, Report


def numbers(mean: float, size: int = 5000, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, 1.0, size)


@pytest.mark.parametrize(("mean", "verdict"), [(0.0, Verdict.STEADY), (0.4, Verdict.MOVING), (1.0, Verdict.DRIFTED)])
def test_numbers_that_shift(mean: float, verdict: Verdict) -> None:
    found = compare("price", numbers(0.0), numbers(mean, seed=1))
    assert found.verdict is verdict
    # Of two normal distributions of one width the index is the square of the shift in widths, in fine bins.
    assert found.psi == pytest.approx(mean**2, rel=0.15, abs=0.02)


def test_names_that_shift_and_names_that_nobody_knew() -> None:
    then = np.array(["a"] * 600 + ["b"] * 400)
    assert compare("brand", then, then[::2]).psi == pytest.approx(0, abs=1e-9)
    swapped = compare("brand", then, np.array(["a"] * 400 + ["b"] * 600))
    assert swapped.psi == pytest.approx(0.2 * np.log(1.5) * 2, rel=1e-6)
    assert compare("brand", then, np.array(["new"] * 500)).verdict is Verdict.DRIFTED


def test_many_equal_values_make_few_bins() -> None:
    then = np.array([0.0] * 950 + [1.0] * 50)
    assert compare("purchases", then, then).psi == pytest.approx(0, abs=1e-9)
    assert compare("purchases", then, np.array([0.0] * 500 + [1.0] * 500)).verdict is Verdict.DRIFTED


def test_of_few_values_nothing_is_said() -> None:
    assert compare("price", numbers(0, 1000), numbers(9, LEAST - 1)).verdict is Verdict.TOO_FEW
    assert compare("price", numbers(0, 1000), np.array([])).verdict is Verdict.TOO_FEW


def test_the_report_says_what_moved_how_old_it_is_and_what_to_do(tmp_path: Path) -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    drift = {"item_attributes": (Drift("price", 900, 800, 0.4),)}
    fresh = (Freshness("item_attributes", 900, now - timedelta(hours=3)), Freshness("shopper_profile", 0, None))
    found = Report(now, 7, now - timedelta(days=2), fresh, drift)
    console = Console(record=True, width=160)
    report.show(found, console)
    said = console.export_text()
    assert all(word in said for word in ("release 7", "3.0 h ago", "never", "drifted", "make retrain"))
    report.save(found, tmp_path / report.FILE)
    loaded = report.load(tmp_path)
    assert loaded is not None
    assert loaded["views"]["item_attributes"]["features"]["price"]["verdict"] == "drifted"
    assert loaded["views"]["shopper_profile"]["age_s"] is None
    assert report.load(tmp_path / "elsewhere") is None
