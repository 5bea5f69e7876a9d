"""The server of Milvus Lite: what it starts without."""

import subprocess
import sys

PROGRAM = """
import sys
from local.milvus_lite import server_alone
server_alone()
import milvus_lite.adapter.grpc.server
import pyarrow as pa, pyarrow.dataset
pa.scalar(1)
print(sorted({"pandas", "pymilvus.client", "pymilvus.grpc_gen"} & set(sys.modules)))
"""


def test_the_server_starts_with_the_messages_alone() -> None:
    found = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=120)
    assert found.stdout.strip() == "['pymilvus.grpc_gen']"
