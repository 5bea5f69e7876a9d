"""Simulated shoppers of a catalogue that has none: all of them, or none."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from local import data
from local.credentials import ensure
from local.ports import choose
from local.postgres import Postgres
from local.processes import Mesh
from local.settings import MeshSettings

EVENTS = 7


class Shop:
    """What stands for the programs: an importer that can be stopped half way, and what the shop has of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.events, self.simulated, self.stops = folder, 0, 0, False

    def run_module(self, mesh: Mesh, module: str, *arguments: str) -> int:
        if module == "trainers.release":
            (self.folder / "offline").mkdir(exist_ok=True)
            parquet.write_table(pa.table({"user": ["u"] * self.events}), self.folder / "offline" / "events.parquet")
        else:
            self.simulated += 1
            (self.folder / "behaviour").mkdir(exist_ok=True)
        return 0

    def run_importer(self, mesh: Mesh, source: str) -> int:
        assert source == str(self.folder / "behaviour")
        self.events = EVENTS // 2 if self.stops else EVENTS
        if self.stops:
            raise KeyboardInterrupt
        return 0


def stood_in_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Mesh, Shop]:
    """A mesh of a catalogue without shoppers, and what stands for its programs."""
    settings = MeshSettings(port=59435, data=folder, dataset="shoes.zip")
    settings.run.mkdir()
    ports, shop = choose(settings, None), Shop(folder)
    monkeypatch.setattr(data, "run_module", shop.run_module)
    monkeypatch.setattr(data, "run_importer", shop.run_importer)
    return Mesh(settings, ports, ensure(settings.secrets), Postgres(folder / "postgres", ports.postgres, None)), shop


def test_simulated_shoppers_whose_import_was_stopped_are_imported_whole_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mesh, shop = stood_in_for(tmp_path, monkeypatch)
    shop.stops = True
    with pytest.raises(KeyboardInterrupt):
        data.add_behaviour(mesh)
    shop.stops = False
    data.add_behaviour(mesh)
    assert (shop.events, shop.simulated) == (EVENTS, 1)
    data.add_behaviour(mesh)
    assert shop.simulated == 1, "a shop that has events gets no other ones"


@pytest.mark.parametrize("lost", ["behaviour", "dataset"])
def test_what_was_simulated_for_other_data_or_is_there_no_more_is_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    mesh, shop = stood_in_for(tmp_path, monkeypatch)
    (tmp_path / "behaviour").mkdir()
    (mesh.settings.run / data.SIMULATING).write_text("hats.zip" if lost == "dataset" else "shoes.zip")
    if lost == "behaviour":
        (tmp_path / "behaviour").rmdir()
    data.add_behaviour(mesh)
    assert shop.simulated == 1, "for this data, anew"
