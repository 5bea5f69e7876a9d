"""What the mesh tells the service and its worker is what they ask for."""

from pathlib import Path
from typing import get_args

import pytest

from local.credentials import ensure
from local.ports import choose
from local.postgres import Postgres
from local.processes import Mesh
from local.settings import MeshSettings
from services.kit.settings import load
from services.search.adapters.lexical import TantivyIndex
from services.search.settings import Language, SearchSettings, WorkerSettings


@pytest.mark.parametrize(("name", "kind"), [("search", SearchSettings), ("search-worker", WorkerSettings)])
def test_the_mesh_tells_everything(
    name: str, kind: type[SearchSettings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = MeshSettings(port=59433, data=tmp_path)
    ports = choose(settings, None)
    mesh = Mesh(settings, ports, ensure(tmp_path / "secrets"), Postgres(tmp_path / "postgres", ports.postgres, None))
    for variable, value in mesh.part(name).program.environment.items():
        monkeypatch.setenv(variable, value)
    read = load(kind)
    assert read.listen == mesh.part(name).address
    assert read.metrics_listen == f"127.0.0.1:{ports.metrics[name]}"
    assert read.client_secret_file.read_text()
    assert read.synonyms_file.exists()


def test_a_language_without_a_stemmer_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AISLE_SEARCH_LANGUAGE", "klingon")
    with pytest.raises(SystemExit):
        load(SearchSettings)
    assert "AISLE_SEARCH_LANGUAGE is wrong" in capsys.readouterr().err


@pytest.mark.parametrize("language", get_args(Language))
def test_words_of_each_language_are_stemmed(language: str) -> None:
    assert TantivyIndex(language).stem("a")
