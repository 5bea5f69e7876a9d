"""What an Envoy configuration is rendered from: addresses, limits and timeouts, with the reason for each number."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_TIMEOUT_S = 5.0
"""A shopper has left by then; the services' own deadlines are shorter."""

METHOD_TIMEOUTS_S = {
    "ImportProducts": 60.0,
    "ImportReviews": 60.0,
    "ImportUserEvents": 60.0,
    "CreatePicture": 30.0,
    "ExportUserEvents": 600.0,
    "ListProducts": 15.0,
    "Checkout": 15.0,
    "PromoteRelease": 60.0,
    "PromoteSearchRelease": 60.0,
}
"""Calls of machines that move much data at once, and a checkout, which waits for the payment provider; everything else
gets the default."""

SERVED = ("catalog", "users", "recs", "search")
"""Domains with a server behind them. A contract without one is documented and answers NOT_FOUND."""


@dataclass(frozen=True)
class Limits:
    """What one gateway lets through."""

    requests_per_second: int = 2000
    """All callers together, the burst being as large: above what two cores can answer, so that it only meets floods."""
    sign_ins_per_second: int = 50
    """Log-ins and sign-ups together: each costs the users service about 50 ms of hashing."""
    body_bytes: int = 12 * 1024 * 1024
    """A picture of 8 MiB in base64, and its envelope."""
    headers_kb: int = 32
    headers_count: int = 100
    retry_budget_percent: float = 20.0
    """Retries may add a fifth to the load, so that a struggling service is not drowned by them."""
    retries_under_way: int = 32
    """So many are allowed whatever the load: a replica that is killed resets all its calls at once (at 3, one of four
    readers was told 503)."""


@dataclass(frozen=True)
class Gateway:
    """Everything that differs between one gateway and another."""

    port: int
    admin_port: int
    clusters: dict[str, list[tuple[str, int]]]
    """(host, port) of every replica by domain."""
    host: str = "0.0.0.0"  # noqa: S104 - the gateway is what the outside may reach
    cors_origins: tuple[str, ...] = (r"https?://(localhost|127\.0\.0\.1)(:\d+)?",)
    """Regular expressions of the origins whose pages may call the API."""
    tls_certificate: str = ""
    tls_key: str = ""
    """PEM files; plain HTTP without them."""
    trusted_hops: int = 0
    """How many proxies in front of it say truly, in x-forwarded-for, where a request comes from."""
    method_timeouts_s: Mapping[str, float] = field(default_factory=lambda: METHOD_TIMEOUTS_S)
    limits: Limits = Limits()


def from_ports(path: Path, **changes: object) -> Gateway:
    """Reads the ports file of a mesh on one machine.

    Raises:
        ValueError: the file is not a ports file; says what is missing.
    """
    try:
        ports = json.loads(path.read_text())
        clusters = {name: [("127.0.0.1", int(port)) for port in ports[name]] for name in SERVED}
        return Gateway(int(ports["gateway"]), int(ports["envoy_admin"]), clusters, **changes)  # type: ignore[arg-type]
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is no ports file: {error!r}") from error


def from_addresses(port: int, admin_port: int, addresses: list[str], **changes: object) -> Gateway:
    """Reads `domain=host:port[,host:port]` arguments, as a cluster gives them.

    Raises:
        ValueError: an address cannot be read, or a domain has none.
    """
    clusters: dict[str, list[tuple[str, int]]] = {}
    for argument in addresses:
        domain, _, replicas = argument.partition("=")
        try:
            clusters[domain] = [
                (host, int(number)) for host, _, number in (r.rpartition(":") for r in replicas.split(","))
            ]
        except ValueError:
            raise ValueError(f"{argument!r} is not of the form domain=host:port[,host:port]") from None
    if missing := set(SERVED) - set(clusters):
        raise ValueError(f"No address for {', '.join(sorted(missing))}: add --address {min(missing)}=host:port")
    return Gateway(port, admin_port, clusters, **changes)  # type: ignore[arg-type]
