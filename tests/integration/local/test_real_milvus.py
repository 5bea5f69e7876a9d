"""The real Milvus under the process manager: what it acknowledged survives a kill, and `down` leaves nothing."""

import os
import signal

import pytest
from pymilvus import DataType, MilvusClient
from pymilvus.exceptions import MilvusException

from local import bootstrap
from local.ports import load
from tests.integration.local.test_small_mesh import Shop, eventually, shop
from tests.support.installing import why_not

__all__ = ["shop"]
ROWS = 500


@pytest.fixture(scope="session")
def milvus_installed() -> None:
    """Installs the real Milvus as `make up MILVUS=server` does."""
    if why := why_not(bootstrap.set_up_milvus):
        pytest.skip(f"the real Milvus cannot be had here: {why}")


def client(uri: str) -> MilvusClient:
    return MilvusClient(uri, dedicated=True, timeout=10)


@pytest.mark.usefixtures("milvus_installed")
def test_what_the_real_milvus_acknowledged_survives_a_kill(shop: Shop) -> None:
    up = shop.run("up", "--detach", MILVUS="server")
    assert up.returncode == 0, up.stdout
    ports = load(shop.settings.run / "ports.json")
    assert ports is not None
    uri = f"http://127.0.0.1:{ports.milvus}"
    rows = [{"id": f"p{number}", "vector": [1.0, number / ROWS]} for number in range(ROWS)]
    first = client(uri)
    made = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    made.add_field("id", DataType.VARCHAR, max_length=16, is_primary=True)
    made.add_field("vector", DataType.FLOAT_VECTOR, dim=2)
    index = MilvusClient.prepare_index_params()
    index.add_index("vector", index_type="FLAT", metric_type="IP")
    first.create_collection("kept", schema=made, index_params=index)
    first.upsert("kept", rows)
    first.close()
    before = shop.pid("milvus")
    os.kill(before, signal.SIGKILL)
    eventually(lambda: shop.pid("milvus") not in (0, before))

    def counted() -> bool:
        try:
            again = client(uri)
            again.load_collection("kept", timeout=5)
            found = again.query("kept", output_fields=["count(*)"], consistency_level="Strong", timeout=5)
        except MilvusException:
            return False
        return bool(found[0]["count(*)"] == ROWS)

    eventually(counted, 60)
    assert shop.run("down").returncode == 0
    assert shop.own() == []
