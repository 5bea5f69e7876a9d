import io
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from trainers.simulator import ceiling
from trainers.simulator.errors import SimulatorError


def console() -> Console:
    return Console(file=io.StringIO())


def test_the_truth_is_far_above_popularity_and_popularity_above_chance(simulated: Path) -> None:
    values = ceiling.as_json(ceiling.measure(simulated, None, console()))
    found = {name: value["value"] for name, value in values.items()}
    assert found["ceiling"] > 1.3 * found["true tastes"]
    assert found["true tastes"] > 4 * found["popularity"]
    assert found["popularity"] > 1.5 * found["random"]


def test_what_is_missing_is_named(simulated: Path, tmp_path: Path) -> None:
    with pytest.raises(SimulatorError, match="has no products"):
        ceiling.measure(tmp_path, None, console())
    with pytest.raises(SimulatorError, match="has no events"):
        ceiling.measure(tmp_path, simulated, console())
    shutil.copy(simulated / "events.parquet", tmp_path)
    with pytest.raises(SimulatorError, match="has no truth of a simulation"):
        ceiling.measure(tmp_path, simulated, console())


def test_the_truth_of_another_catalogue_is_refused(simulated: Path, tmp_path: Path) -> None:
    (tmp_path / "products.jsonl").write_text('{"id": "p1", "title": "A mug"}\n')
    with pytest.raises(SimulatorError, match="about another catalogue"):
        ceiling.measure(simulated, tmp_path, console())
