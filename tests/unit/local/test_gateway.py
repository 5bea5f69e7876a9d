from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from local.credentials import ensure
from local.gateway import render_gateway
from local.ports import choose
from local.postgres import Postgres
from local.processes import Mesh
from local.settings import MeshSettings


@pytest.mark.parametrize("host", ["", "0.0.0.0"])
def test_the_gateway_listens_on_this_machine_alone_unless_it_is_opened(tmp_path: Path, host: str) -> None:
    settings = MeshSettings(port=59433, data=tmp_path)
    settings = replace(settings, host=host or settings.host)
    settings.run.mkdir()
    ports = choose(settings, None)
    ports.save(settings.run / "ports.json")
    render_gateway(Mesh(settings, ports, ensure(settings.secrets), Postgres(tmp_path / "pg", ports.postgres, None)))
    resources = yaml.safe_load((settings.run / "envoy.yaml").read_text())["static_resources"]
    addresses = [listener["address"] for listener in resources["listeners"]]
    assert [found["socket_address"]["address"] for found in addresses if "pipe" not in found] == [host or "127.0.0.1"]
    assert [found["pipe"]["path"] for found in addresses if "pipe" in found] == [f"@aisle-gateway-{ports.envoy_admin}"]
