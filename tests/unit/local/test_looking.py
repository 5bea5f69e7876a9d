"""Who asks how a shop is changes nothing of it, and is told the truth."""

from dataclasses import replace
from pathlib import Path

import pytest

from local import postgres
from local.credentials import ensure
from local.errors import MeshError
from local.health import NotHealthyError
from local.ports import choose
from local.processes import Mesh, Part
from local.settings import MeshSettings
from local.status import status
from local.supervision import ProcessInfo, Supervisor
from local.up import mesh_of


@pytest.fixture
def settings(tmp_path: Path) -> MeshSettings:
    (tmp_path / "run").mkdir()
    return MeshSettings(port=59434, data=tmp_path)


class OneProcess(Supervisor):
    """Runs Milvus."""

    def __init__(self) -> None: ...

    def processes(self) -> list[ProcessInfo]:
        return [ProcessInfo("milvus", "RUNNING", 1, 1, "")]


async def _sick() -> None:
    raise NotHealthyError("Milvus says that it is not healthy")


async def _well() -> None: ...


@pytest.mark.parametrize(("probe", "healthy"), [(_sick, False), (_well, True)])
def test_what_says_that_it_is_not_healthy_is_not_taken_for_healthy(
    settings: MeshSettings, monkeypatch: pytest.MonkeyPatch, probe: object, healthy: bool
) -> None:
    ports = choose(settings, None)
    mesh = Mesh(settings, ports, ensure(settings.secrets), postgres.Postgres(settings.data, ports.postgres, None))
    milvus = replace(mesh.part("milvus"), probe=probe)  # type: ignore[arg-type]

    def parts(_: Mesh) -> list[Part]:
        return [milvus]

    monkeypatch.setattr(Mesh, "parts", parts)
    assert status(mesh, OneProcess()) == healthy


def test_a_first_start_is_not_disturbed_by_who_asks_for_its_status(
    settings: MeshSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`up` has chosen ports and made secrets, and makes the database now."""
    monkeypatch.setattr(postgres, "_system_user", lambda: None)
    choose(settings, None).save(settings.run / "ports.json")
    ensure(settings.secrets)
    (settings.secrets / "demo_password").unlink()
    draft = settings.data / "postgres.new"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")
    with pytest.raises(MeshError, match=r"There is no shop in .* yet"):
        mesh_of(settings)
    assert (draft / "PG_VERSION").exists()
    assert not (settings.data / "postgres").exists()
    assert not (settings.secrets / "demo_password").exists()


def test_secrets_that_are_there_are_not_written_again(settings: MeshSettings) -> None:
    file = ensure(settings.secrets).clients_file
    before = file.stat().st_ino, file.stat().st_mtime_ns
    ensure(settings.secrets)
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == before


def test_a_folder_that_is_no_whole_database_is_left_alone(
    settings: MeshSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_system_user", lambda: None)
    folder = settings.data / "postgres"
    (folder / "base").mkdir(parents=True)
    (folder / "base" / "orders").write_text("paid")
    with pytest.raises(MeshError, match="Nothing there was touched"):
        postgres.prepare(folder, 20000, ensure(settings.secrets))
    assert (folder / "base" / "orders").read_text() == "paid"
