import dataclasses
import socket
from pathlib import Path

import pytest

from local.errors import MeshError
from local.ports import choose, is_free, load, replica_names
from local.settings import MeshSettings


@pytest.fixture
def settings(tmp_path: Path) -> MeshSettings:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return MeshSettings(port=port, data=tmp_path, replicas=2)


def test_every_process_gets_a_free_port_of_its_own(settings: MeshSettings) -> None:
    ports = choose(settings, None)
    everything = [ports.gateway, *ports.internal()]
    assert len(set(everything)) == len(everything)
    assert all(is_free(port) for port in everything)
    assert len(ports.catalog) == len(ports.users) == len(ports.recs) == 2
    assert {"catalog-2", "recs-worker"} <= set(ports.metrics)


def test_the_ports_of_the_last_run_are_kept(settings: MeshSettings, tmp_path: Path) -> None:
    first = choose(settings, None)
    first.save(tmp_path / "ports.json")
    assert choose(settings, load(tmp_path / "ports.json")) == first


def test_the_inference_server_that_is_asked_for_is_written_beside_the_ports(settings: MeshSettings) -> None:
    first = choose(settings, None)
    triton = choose(dataclasses.replace(settings, inference="triton"), first)
    assert (first.inference_server, triton.inference_server) == ("embedded", "triton")
    assert triton.internal() == first.internal()


def test_ports_that_somebody_took_meanwhile_are_replaced(settings: MeshSettings) -> None:
    first = choose(settings, None)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first.milvus))
        taken.listen()
        second = choose(settings, first)
    assert first.milvus not in second.internal()


def test_a_taken_gateway_port_is_said_with_its_holder_and_a_way_out(settings: MeshSettings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", settings.port))
        taken.listen()
        with pytest.raises(MeshError, match=rf"Port {settings.port} is in use by .*make up AISLE_PORT=\d+"):
            choose(settings, None)


def test_other_replicas_need_other_ports(settings: MeshSettings) -> None:
    one = choose(dataclasses.replace(settings, replicas=1), None)
    assert len(choose(settings, one).catalog) == 2


def test_a_ports_file_of_another_version_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "ports.json").write_text('{"gateway": 8080}')
    assert load(tmp_path / "ports.json") is None
    assert load(tmp_path / "absent.json") is None


def test_the_first_replica_has_the_name_of_the_service() -> None:
    assert replica_names("recs", 3) == ["recs", "recs-2", "recs-3"]
