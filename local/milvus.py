"""`python -m local.milvus`: becomes the real Milvus, all of it in one process, with every port and folder of one mesh.

The wheel brings a starter of its own, which leaves some ports to chance and kills the server a second after it told it
to stop; the program inside is the same.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv-milvus"
"""Made by `python local/bootstrap.py --milvus`."""
PROGRAM = ENVIRONMENT / "bin" / "milvus"
DATA, PORTS = "AISLE_MILVUS_DATA", "AISLE_MILVUS_PORTS"
INTERNAL = (
    "etcd", "etcd_peer", "metrics", "proxy", "root_coord", "query_coord", "query_node", "index_node", "data_coord",
    "data_node",
)  # fmt: skip
"""What listens beside the port that clients use, in the order of `Ports.milvus_internal`."""
SESSION_S = 5
"""A server that was killed holds its parts' names this long, and the next one waits for them: of 30, its default, it
took a minute until it answered, of 5 it took 8 s."""
STALE_MS = 1500
"""A search that may be stale is so by this much at most, and waits if the index is further behind: a new price is
filtered on within two seconds. What was written is seen after 0.2 s as a rule, 0.41 s at most of 30 tries."""


def configuration(data: Path, port: int, internal: Mapping[str, int]) -> dict[str, Any]:
    """milvus.yaml: etcd, the log of writes and the files are all inside, under one folder."""

    # What it tells the others of itself; it listens on every address all the same.
    def listens(name: str) -> dict[str, Any]:
        return {"ip": "127.0.0.1", "port": internal[name]}

    return {
        "etcd": {
            "endpoints": f"127.0.0.1:{internal['etcd']}",
            "use": {"embed": True},
            "data": {"dir": str(data / "etcd")},
            "config": {"path": str(data / "configs" / "etcd.yaml")},
            "log": {"level": "error", "path": "stderr"},
        },
        "localStorage": {"path": str(data / "files")},
        "mq": {"type": "rocksmq"},
        "rocksmq": {"path": str(data / "rocksmq")},
        "proxy": {"ip": "127.0.0.1", "port": port, "internalPort": internal["proxy"], "http": {"enabled": False}},
        "rootCoord": listens("root_coord"),
        "queryCoord": listens("query_coord"),
        "queryNode": listens("query_node"),
        "indexNode": listens("index_node"),
        "dataCoord": listens("data_coord"),
        "dataNode": listens("data_node"),
        "log": {"level": "warn", "stdout": True, "file": {"rootPath": ""}},
        "common": {"storageType": "local", "gracefulTime": STALE_MS, "session": {"ttl": SESSION_S, "retryTimes": 30}},
    }


def etcd(internal: Mapping[str, int]) -> dict[str, Any]:
    """etcd.yaml: without it two servers on one machine would want the same two ports."""
    clients, peers = (f"http://127.0.0.1:{internal[name]}" for name in ("etcd", "etcd_peer"))
    return {
        "name": "milvus",
        "listen-client-urls": clients,
        "advertise-client-urls": clients,
        "listen-peer-urls": peers,
        "initial-advertise-peer-urls": peers,
        "initial-cluster": f"milvus={peers}",
    }


def write(data: Path, port: int, internal: Mapping[str, int]) -> None:
    """Writes what the server reads when it starts."""
    folder = data / "configs"
    folder.mkdir(parents=True, exist_ok=True)
    # JSON is YAML.
    (folder / "milvus.yaml").write_text(json.dumps(configuration(data, port, internal), indent=2))
    (folder / "etcd.yaml").write_text(json.dumps(etcd(internal), indent=2))
    (folder / "glog.conf").write_text("--logtostderr=true\n--minloglevel=2\n")


def environment(data: Path, metrics: int, inherited: Mapping[str, str]) -> dict[str, str]:
    """The server's environment: its own libraries, and where it puts its notes."""
    return {
        **inherited,
        "LD_LIBRARY_PATH": str(ENVIRONMENT / "bin"),
        "DEPLOY_MODE": "STANDALONE",
        "METRICS_PORT": str(metrics),
        "MILVUS_RUN_DIR": str(data / "run"),
        "MILVUSCONF": str(data / "configs"),
    }


def ports_text(port: int, internal: Sequence[int]) -> str:
    """The ports as `main` reads them."""
    return ",".join(map(str, (port, *internal)))


def main() -> None:
    """Becomes Milvus: one process, so that signals reach it."""
    if not PROGRAM.is_file():
        print(f"milvus: it is not installed in {ENVIRONMENT}. Run: python local/bootstrap.py --milvus", file=sys.stderr)
        raise SystemExit(2)
    data = Path(os.environ[DATA])
    port, *rest = map(int, os.environ[PORTS].split(","))
    internal = dict(zip(INTERNAL, rest, strict=True))
    write(data, port, internal)
    os.chdir(data)
    sys.stdout.flush()
    os.execve(PROGRAM, [str(PROGRAM), "run", "standalone"], environment(data, internal["metrics"], os.environ))  # noqa: S606


if __name__ == "__main__":
    main()
