"""What a person can set about the mesh, and where its state lies."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from local.errors import MeshError

ROOT = Path(__file__).resolve().parent.parent
# The environment variable every process of a mesh carries, so that `down` knows its own among the machine's.
MARKER = "AISLE_MESH"
LOOPBACK = "127.0.0.1"
ON, OFF = ("1", "yes", "true", "on"), ("0", "no", "false", "off")
INDEXES: dict[str, str] = {"lite": "milvus", "server": "milvus-server"}
"""Folder of the vectors by MILVUS. A shop has one of them."""
EVERYWHERE = "0.0.0.0"  # noqa: S104 - only when a person asks for it


@dataclass(frozen=True)
class MeshSettings:
    """One mesh: a port, a folder, and what runs."""

    port: int = 8080
    """The gateway's port, the only one people need."""
    host: str = LOOPBACK
    """The address that the gateway listens on: this machine alone, because it speaks plain HTTP."""
    data: Path = ROOT / ".aisle"
    """The folder of all state."""
    replicas: int = 1
    """How many of each domain service run."""
    inference: Literal["embedded", "triton"] = "embedded"
    """Which server hosts the model repository."""
    milvus: Literal["lite", "server"] = "lite"
    """Which Milvus holds the vectors: the embedded one, or a server of its own for more than some 20,000 products."""
    dataset: str = ""
    """A folder, archive or URL to import; empty means the simulated shop."""
    detach: bool = False
    """Return when everything is healthy instead of staying in the foreground."""
    products: int = 1000
    """Products of the simulated shop."""
    shoppers: int = 2000
    """Shoppers of the simulated shop, and of a dataset that brings no events."""
    seed: int = 7
    """Seed of the simulated shop: the same seed draws the same shop."""
    encoders: bool = True
    """Train the encoders of search in the background when no search release answers."""

    @property
    def run(self) -> Path:
        """Sockets, process ids, chosen ports and rendered configuration."""
        return self.data / "run"

    @property
    def logs(self) -> Path:
        """One log a process."""
        return self.data / "logs"

    @property
    def index(self) -> Path:
        """The vectors, which are made anew from the catalogue wherever they are missing."""
        return self.data / INDEXES[self.milvus]

    @property
    def secrets(self) -> Path:
        """Generated passwords and keys, readable by their owner only."""
        return self.data / "secrets"

    @property
    def gateway_url(self) -> str:
        """Where the shop is found from this machine."""
        return f"http://{LOOPBACK if self.host == EVERYWHERE else self.host}:{self.port}"

    @property
    def marker(self) -> str:
        """This mesh's value of the environment variable MARKER."""
        return str(self.data)


def from_environment(environment: Mapping[str, str]) -> MeshSettings:
    """Reads the settings; an empty variable counts as absent, because make passes unset ones so.

    Raises:
        MeshError: a variable has a value that cannot be used.
    """
    default = MeshSettings()
    port = _number(environment, "AISLE_PORT", default.port, 1, 65535)
    inference = environment.get("INFERENCE", "") or default.inference
    if inference not in ("embedded", "triton"):
        raise MeshError(f"INFERENCE is {inference!r}; it can be embedded or triton.")
    data = Path(environment.get("AISLE_DATA", "") or default.data).expanduser().resolve()
    # What a shop began with it keeps, as moving the vectors costs minutes: it is told by the folder that it has.
    milvus = environment.get("MILVUS", "") or ("server" if (data / INDEXES["server"]).is_dir() else default.milvus)
    if milvus not in ("lite", "server"):
        raise MeshError(f"MILVUS is {milvus!r}; it can be lite or server.")
    dataset = environment.get("DATASET", "")
    if dataset and "://" not in dataset:
        path = Path(dataset).expanduser().resolve()
        if not path.exists():
            raise MeshError(f"DATASET names {path}, which does not exist. Name a folder, a zip or tar file, or a URL.")
        dataset = str(path)
    return MeshSettings(
        port=port,
        host=_host(environment.get("AISLE_HOST", "") or default.host),
        data=data,
        replicas=_number(environment, "REPLICAS", default.replicas, 1, 8),
        inference="triton" if inference == "triton" else "embedded",
        milvus="server" if milvus == "server" else "lite",
        dataset=dataset,
        detach=_switch(environment, "DETACH", default.detach),
        products=_number(environment, "AISLE_SHOP_PRODUCTS", default.products, 50, 1_000_000),
        shoppers=_number(environment, "AISLE_SHOP_SHOPPERS", default.shoppers, 50, 1_000_000),
        seed=_number(environment, "AISLE_SHOP_SEED", default.seed, 0, 2**31 - 1),
        encoders=_switch(environment, "AISLE_ENCODERS", default.encoders),
    )


def load() -> MeshSettings:
    """Reads the settings from this process's environment."""
    return from_environment(os.environ)


def load_started() -> MeshSettings:
    """Those of a shop that was started: its folder knows the others, and what starting needs may be gone by now."""
    return from_environment({name: os.environ[name] for name in ("AISLE_DATA",) if name in os.environ})


def _host(text: str) -> str:
    """Refuses what this machine cannot listen on."""
    try:
        socket.inet_pton(socket.AF_INET, text)
        with socket.socket() as probe:
            probe.bind((text, 0))
    except OSError:
        raise MeshError(
            f"AISLE_HOST is {text!r}; it must be an IPv4 address of this machine, or {EVERYWHERE} for all of them."
        ) from None
    return text


def _switch(environment: Mapping[str, str], name: str, default: bool) -> bool:
    text = environment.get(name, "").strip().lower()
    if not text:
        return default
    if text not in (*ON, *OFF):
        raise MeshError(f"{name} is {text!r}; it can be 1 or 0.")
    return text in ON


def _number(environment: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environment.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
        raise MeshError(f"{name} is {text!r}; it must be a whole number from {least} to {most}.")
    return int(text)
