import configparser
import dataclasses
from pathlib import Path

import pytest
from supervisor.options import ServerOptions

from local import milvus
from local.credentials import ensure
from local.ports import choose
from local.postgres import Postgres
from local.processes import Mesh
from local.settings import MeshSettings
from local.supervision import Program, render


@pytest.fixture
def mesh(tmp_path: Path) -> Mesh:
    settings = MeshSettings(port=59431, data=tmp_path, replicas=2)
    ports = choose(settings, None)
    return Mesh(settings, ports, ensure(tmp_path / "secrets"), Postgres(tmp_path / "postgres", ports.postgres, None))


def test_a_mesh_has_every_process_and_two_of_each_replicated_service(mesh: Mesh) -> None:
    assert [part.name for part in mesh.parts()] == [
        *("postgres", "milvus", "inference", "users", "users-2", "catalog", "catalog-2"),
        *("recs", "recs-2", "recs-worker", "search", "search-2", "search-worker", "gateway"),
    ]


def test_a_process_waits_only_for_processes_that_are_started_before_it(mesh: Mesh) -> None:
    seen: set[str] = set()
    for part in mesh.parts():
        assert set(part.after) <= seen, part.name
        seen.add(part.name)


def test_what_others_need_is_stopped_after_them(mesh: Mesh) -> None:
    priority = {part.name: part.program.priority for part in mesh.parts()}
    for part in mesh.parts():
        assert all(priority[name] <= priority[part.name] for name in part.after), part.name


def test_every_service_reaches_its_own_database_only(mesh: Mesh) -> None:
    for part in mesh.parts():
        urls = [value for name, value in part.program.environment.items() if name.endswith("DATABASE_URL")]
        if urls:
            service = part.name.partition("-")[0]
            assert len(urls) == 1
            assert urls[0].startswith(f"postgresql+asyncpg://{service}:")
            assert urls[0].endswith(f"/{service}")


def test_every_replica_is_reached_by_those_who_call_the_service(mesh: Mesh) -> None:
    recs = mesh.part("recs").program.environment
    assert recs["AISLE_RECS_CATALOG_ADDRESS"] == ",".join(f"127.0.0.1:{port}" for port in mesh.ports.catalog)


def test_inference_is_the_only_thing_that_triton_replaces(mesh: Mesh) -> None:
    triton = dataclasses.replace(mesh, settings=dataclasses.replace(mesh.settings, inference="triton"))
    changed = [one.name for one, two in zip(mesh.parts(), triton.parts(), strict=True) if one.program != two.program]
    assert changed == ["inference"]


def test_a_real_milvus_changes_the_index_and_those_who_use_it(mesh: Mesh) -> None:
    settings = dataclasses.replace(mesh.settings, milvus="server")
    server = dataclasses.replace(mesh, settings=settings, ports=choose(settings, None))
    part = server.part("milvus").program
    ports = [int(port) for port in part.environment[milvus.PORTS].split(",")]
    assert ports == [server.ports.milvus, *server.ports.milvus_internal]
    assert len(set(ports)) == 1 + len(milvus.INTERNAL)
    assert set(ports) <= set(server.ports.internal())
    assert Path(part.environment[milvus.DATA]) == settings.data / "milvus-server"
    assert server.part("search-worker").program.environment["AISLE_SEARCH_INDEX_FLUSH_APART"] == "1"
    assert "AISLE_RECS_INDEX_FLUSH_APART" not in mesh.part("recs-worker").program.environment


def test_supervisord_understands_the_configuration(tmp_path: Path) -> None:
    folder = tmp_path / "odd, folder"
    (folder / "logs").mkdir(parents=True)
    settings = MeshSettings(data=folder)
    program = Program("echo", ("/bin/echo", 'a "b" 50% c'), {"KEY": "value with, comma=and 7%"}, stop_signal="INT")
    file = tmp_path / "supervisord.conf"
    file.write_text(render([program], settings, tmp_path / "s.sock", tmp_path / "s.pid"))

    options = ServerOptions()
    options.realize(["-c", str(file), "-n"])
    (group,) = options.process_group_configs
    (process,) = group.process_configs
    assert process.environment["KEY"] == "value with, comma=and 7%"
    assert process.stdout_logfile == str(folder / "logs" / "echo.log")
    assert process.command == '"/bin/echo" "a \\"b\\" 50% c"'
    assert process.autorestart
    assert configparser.RawConfigParser().read(file)
