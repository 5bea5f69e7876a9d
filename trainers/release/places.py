"""Where the shop's parts are: named by flags, or found beside the data of a shop on this machine."""

import argparse
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from trainers.release.errors import ReleaseError

ROOT = Path(__file__).resolve().parents[2]
EMAIL = "merchant@aisle.example"
"""The merchant's account that `make up` creates."""


@dataclass(frozen=True)
class Places:
    """Addresses are `host:port`, several separated by commas."""

    users: str
    catalog: str
    recs: str
    inference: str
    milvus: str
    """URI of Milvus."""
    milvus_token: str
    """`user:password` or an API key; empty where none is asked for."""
    email: str
    password_file: Path
    models: Path
    """The model repository that the inference server reads."""
    templates: Path
    """The checked-in model repository, with configurations."""
    profile: str
    """cpu or gpu."""
    releases: Path
    offline: Path
    """Where extracted products and events lie."""
    features: Path | None
    """Folder of feature_store.yaml; None where it has to be named, since the shop is elsewhere."""
    shop: Path | None = None
    """Data folder of the shop whose features these are, where it runs on this machine."""

    @property
    def candidate(self) -> Path:
        """Where towers are built before they have a number."""
        return self.releases / "candidate"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags that `from_flags` reads."""
    group = parser.add_argument_group("places", "what is not named is taken from the shop in the data folder")
    group.add_argument(
        "--data", type=Path, help="data folder of a shop on this machine (default: AISLE_DATA, or .aisle)"
    )
    group.add_argument(
        "--gateway", help="URL of the gateway, through which all services are reached (default: past it, to each)"
    )
    for name in ("users", "catalog", "recs", "inference"):
        group.add_argument(
            f"--{name}", metavar="HOST:PORT", help=f"address of {name}, past the gateway (default: of the shop)"
        )
    group.add_argument("--milvus", metavar="URI", help="of the vector server (default: of the shop)")
    group.add_argument(
        "--milvus-token",
        default=os.environ.get("AISLE_MILVUS_TOKEN", ""),
        help="user:password or API key of the vector server (default: AISLE_MILVUS_TOKEN)",
    )
    group.add_argument("--email", default=EMAIL, help="account with the role admin (default: %(default)s)")
    group.add_argument(
        "--password-file", type=Path, help="has its password (default: secrets/admin_password in the data folder)"
    )
    group.add_argument(
        "--model-repository",
        type=Path,
        help="folder that the inference server reads (default: model_repository in the data folder)",
    )
    group.add_argument(
        "--profile", choices=("cpu", "gpu"), default="cpu", help="how the towers are served (default: %(default)s)"
    )
    group.add_argument(
        "--releases-dir", type=Path, help="folder of all releases (default: releases in the data folder)"
    )
    group.add_argument(
        "--offline-dir",
        type=Path,
        help="folder of the extracted products and events (default: offline in the data folder)",
    )
    group.add_argument(
        "--features-dir",
        type=Path,
        help="folder of feature_store.yaml, or a copy of it, whose files are used as they are (default: written anew "
        "by the shop on this machine)",
    )


def from_flags(options: argparse.Namespace) -> Places:
    """Puts flags and the shop's own files together.

    Raises:
        ReleaseError: an address is neither named nor written down by a running shop.
    """
    data = data_folder(options)
    ports = _ports(data / "run" / "ports.json")
    elsewhere = bool(ports) and not _is_here(options, ports)
    milvus = options.milvus or (f"http://{_local(ports['milvus'])}" if "milvus" in ports else "")
    return Places(
        users=service(options, "users"),
        catalog=service(options, "catalog"),
        recs=service(options, "recs"),
        inference=_named("inference", options.inference or _local(ports.get("inference")), data),
        milvus=_named("milvus", milvus, data),
        milvus_token=options.milvus_token,
        email=options.email,
        password_file=options.password_file or data / "secrets" / "admin_password",
        models=options.model_repository or data / "model_repository",
        templates=ROOT / "model_repository",
        profile=options.profile,
        releases=options.releases_dir or data / "releases",
        offline=options.offline_dir or data / "offline",
        features=options.features_dir or (None if elsewhere else data / "feast"),
        shop=data if ports and not elsewhere and not options.features_dir else None,
    )


def data_folder(options: argparse.Namespace) -> Path:
    """The data folder of the shop on this machine, whether there is one or not."""
    return Path(options.data or os.environ.get("AISLE_DATA") or ROOT / ".aisle").expanduser().resolve()


def service(options: argparse.Namespace, name: str) -> str:
    """The address of a service: named, or through the gateway that is named, or of the shop on this machine.

    Raises:
        ReleaseError: none of them.
    """
    data = data_folder(options)
    known = _local(_ports(data / "run" / "ports.json").get(name))
    return _named(name, getattr(options, name) or _gateway(options) or known, data)


def _gateway(options: argparse.Namespace) -> str:
    return urlsplit(options.gateway).netloc or options.gateway if options.gateway else ""


def _is_here(options: argparse.Namespace, ports: Mapping[str, Any]) -> bool:
    """Whether what the gateway leads to, if one is named, is the shop on this machine."""
    local = {f"{host}:{ports.get('gateway')}" for host in ("127.0.0.1", "localhost", ports.get("host"))}
    return not options.gateway or _gateway(options) in local


def _ports(file: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ReleaseError(f"{file} is not JSON; start the shop again (make up).") from error
    return found if isinstance(found, dict) else {}


def _local(ports: int | list[int] | None) -> str:
    if not ports:
        return ""
    return ",".join(f"127.0.0.1:{port}" for port in (ports if isinstance(ports, list) else [ports]))


def _named(name: str, address: str, data: Path) -> str:
    if not address:
        raise ReleaseError(f"Where is {name}? Start the shop (make up; its data folder is {data}), or name --{name}.")
    return address
