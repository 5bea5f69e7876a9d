"""Which port every process listens on: chosen once, kept beside the data."""

import itertools
import json
import socket
import zlib
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Literal

import psutil

from local import milvus
from local.errors import MeshError
from local.settings import LOOPBACK, MeshSettings

# Below what Linux (32768) and macOS (49152) hand out to outgoing connections, above the well-known ones.
FIRST, LAST = 20000, 30000
SERVICES = ("users", "catalog", "recs", "search")
"""Those that have replicas, in the order in which they are started."""


@dataclass(frozen=True)
class Ports:
    """Every port of one mesh; lists have one entry a replica."""

    gateway: int
    catalog: list[int]
    users: list[int]
    recs: list[int]
    search: list[int]
    recs_worker: int
    search_worker: int
    inference: int
    inference_http: int
    milvus: int
    postgres: int
    envoy_admin: int
    metrics: dict[str, int] = field(default_factory=dict)
    """Metrics port by process name, for example recs-2."""
    inference_server: Literal["embedded", "triton"] = "embedded"
    """Which server listens on the inference ports."""
    milvus_server: Literal["lite", "server"] = "lite"
    """Which Milvus listens on its port."""
    milvus_internal: list[int] = field(default_factory=list)
    """What the real Milvus listens on beside it, in the order of local.milvus.INTERNAL."""
    host: str = LOOPBACK
    """The address that the gateway listens on."""

    def internal(self) -> list[int]:
        """All ports but the gateway's."""
        single = [
            self.recs_worker,
            self.search_worker,
            self.inference,
            self.inference_http,
            self.milvus,
            self.postgres,
            self.envoy_admin,
        ]
        lists = [*self.catalog, *self.users, *self.recs, *self.search, *self.milvus_internal]
        return [*lists, *single, *self.metrics.values()]

    def save(self, path: Path) -> None:
        """Writes the ports as JSON."""
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")


def load(path: Path) -> Ports | None:
    """Reads the ports of a mesh; None if none were chosen yet or another version of Aisle chose them."""
    try:
        return Ports(**json.loads(path.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def replica_names(service: str, replicas: int) -> list[str]:
    """Names the processes of a service: catalog, catalog-2, catalog-3."""
    return [service] + [f"{service}-{number}" for number in range(2, replicas + 1)]


def choose(settings: MeshSettings, kept: Ports | None) -> Ports:
    """Chooses free ports, keeping those of the last run as long as nobody else took them.

    Raises:
        MeshError: the gateway's port is taken; the sentence says by whom and how to choose another.
    """
    if not is_free(settings.port):
        raise MeshError(
            f"Port {settings.port} is in use{_holder(settings.port)}. "
            f"Choose another one: make up AISLE_PORT={_next_free(settings.port + 10)}"
        )
    same_shape = (
        kept
        and kept.gateway == settings.port
        and len(kept.catalog) == settings.replicas
        and kept.milvus_server == settings.milvus
    )
    if kept and same_shape and all(is_free(port) for port in kept.internal()):
        return replace(kept, inference_server=settings.inference, host=settings.host)
    # The start depends on the folder: two shops that start at the same moment look in different places.
    position = FIRST + zlib.crc32(str(settings.data).encode()) % (LAST - FIRST)

    def take() -> int:
        nonlocal position
        position = _next_free(position, avoid=settings.port)
        position += 1
        return position - 1

    names = [name for service in SERVICES for name in replica_names(service, settings.replicas)]
    return Ports(
        gateway=settings.port,
        catalog=[take() for _ in range(settings.replicas)],
        users=[take() for _ in range(settings.replicas)],
        recs=[take() for _ in range(settings.replicas)],
        search=[take() for _ in range(settings.replicas)],
        recs_worker=take(),
        search_worker=take(),
        inference=take(),
        inference_http=take(),
        milvus=take(),
        postgres=take(),
        envoy_admin=take(),
        metrics={name: take() for name in [*names, "recs-worker", "search-worker"]},
        inference_server=settings.inference,
        milvus_server=settings.milvus,
        milvus_internal=[take() for _ in (milvus.INTERNAL if settings.milvus == "server" else ())],
        host=settings.host,
    )


def is_free(port: int) -> bool:
    """Whether a server could listen on the port on every address of this machine."""
    for host in ("127.0.0.1", "0.0.0.0"):  # noqa: S104 - tried and closed at once
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def _next_free(start: int, avoid: int = 0) -> int:
    for port in itertools.chain(range(start, 65536), range(1024, start)):
        if port != avoid and is_free(port):
            return port
    raise MeshError("No TCP port is free on this machine. Stop what holds them (`ss -ltnp` lists it).")


def _holder(port: int) -> str:
    """Names the program that listens on a port, as far as this user may see it."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and getattr(connection.laddr, "port", 0) == port:
                return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        pass
    return ""
