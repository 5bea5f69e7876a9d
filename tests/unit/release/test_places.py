"""Which shop a release is made for, and of which feature views."""

import json
from pathlib import Path

import pytest

from trainers.release import __main__ as program
from trainers.release import places

PORTS = {"gateway": 8080, "users": [1], "catalog": [2], "recs": [3], "inference": 4, "milvus": 5}


def found(data: Path, *arguments: str) -> places.Places:
    """Where the parts are, by flags, beside a shop on this machine."""
    (data / "run").mkdir(exist_ok=True)
    (data / "run" / "ports.json").write_text(json.dumps(PORTS))
    return places.from_flags(program._parse(["all", "--data", str(data), *arguments]))


@pytest.mark.parametrize("gateway", ["", "http://127.0.0.1:8080", "localhost:8080"])
def test_the_shop_on_this_machine_writes_its_views(tmp_path: Path, gateway: str) -> None:
    where = found(tmp_path, *(["--gateway", gateway] if gateway else []))
    assert (where.shop, where.features) == (tmp_path, tmp_path / "feast")


@pytest.mark.parametrize("gateway", ["https://shop.test", "http://127.0.0.1:9090"])
def test_a_shop_elsewhere_has_other_views_than_the_one_on_this_machine(tmp_path: Path, gateway: str) -> None:
    where = found(tmp_path, "--gateway", gateway)
    assert (where.shop, where.features) == (None, None)
    named = found(tmp_path, "--gateway", gateway, "--features-dir", str(tmp_path / "copy"))
    assert (named.shop, named.features) == (None, tmp_path / "copy")
