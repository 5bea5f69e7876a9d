"""What a mesh consists of: every process, how it is run, what it waits for, and how to ask how it is."""

import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local import milvus
from local.credentials import CATALOG_CLIENT, SEARCH_CLIENT, WORKER_CLIENT, Credentials
from local.health import Probe, grpc_probe, http_probe, milvus_probe, postgres_probe
from local.ports import SERVICES, Ports, replica_names
from local.postgres import Postgres, create_databases
from local.settings import MeshSettings
from local.supervision import Program

BIN = Path(sys.executable).parent
# One thread a library: eight processes share two cores, and thread pools that fight over them cost latency.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Part:
    """One process of the mesh."""

    program: Program
    probe: Probe
    address: str
    """Where it listens, for people."""
    after: tuple[str, ...] = ()
    """Processes that must be healthy before this one is started."""
    once_healthy: Callable[[], Awaitable[None]] | None = None
    """What is done when it has become healthy, before the processes that wait for it are started."""

    @property
    def name(self) -> str:
        """The process's name."""
        return self.program.name


@dataclass(frozen=True)
class Mesh:
    """The settings, ports and secrets of one mesh, and from them its parts."""

    settings: MeshSettings
    ports: Ports
    credentials: Credentials
    postgres: Postgres

    def parts(self) -> list[Part]:
        """All processes, in the order in which they can be started."""
        services = {name: replica_names(name, self.settings.replicas) for name in SERVICES}
        parts = [self._postgres(), self._milvus(), self._inference()]
        for name, port in zip(services["users"], self.ports.users, strict=True):
            parts.append(self._service(name, "users", port, self._users(), after=("postgres",)))
        for name, port in zip(services["catalog"], self.ports.catalog, strict=True):
            parts.append(self._service(name, "catalog", port, self._catalog(), after=("postgres", *services["users"])))
        before = ("postgres", "milvus", "inference", *services["users"], *services["catalog"])
        for name, port in zip(services["recs"], self.ports.recs, strict=True):
            parts.append(self._service(name, "recs", port, self._recs(), after=before))
        parts.append(self._worker(after=(*before, *services["recs"])))
        for name, port in zip(services["search"], self.ports.search, strict=True):
            parts.append(self._service(name, "search", port, self._search(), after=before))
        parts.append(self._search_worker(after=(*before, *services["search"])))
        parts.append(self._gateway(after=tuple(part.name for part in parts)))
        return parts

    def part(self, name: str) -> Part:
        """Finds a part by its process's name."""
        return next(part for part in self.parts() if part.name == name)

    def _postgres(self) -> Part:
        program = Program(
            "postgres",
            self.postgres.command,
            priority=100,
            stop_signal="INT",  # PostgreSQL's fast shutdown: ends sessions, loses nothing
            stop_seconds=30,
            user=self.postgres.system_user,
            directory=self.postgres.folder,
        )
        probe = postgres_probe(self.postgres, self.credentials.postgres_password)

        async def databases() -> None:
            await create_databases(self.postgres, self.credentials)

        return Part(program, probe, f"127.0.0.1:{self.ports.postgres}", once_healthy=databases)

    def _milvus(self) -> Part:
        program = self._milvus_server() if self.settings.milvus == "server" else self._milvus_lite()
        return Part(program, milvus_probe(self.ports.milvus), f"127.0.0.1:{self.ports.milvus}")

    def _milvus_server(self) -> Program:
        environment = {
            milvus.DATA: str(self.settings.index),
            milvus.PORTS: milvus.ports_text(self.ports.milvus, self.ports.milvus_internal),
        }
        # Told to stop it lets go of its parts and then hangs; what it acknowledged is in its log of writes by then.
        return Program("milvus", _python("local.milvus"), environment, priority=120, stop_seconds=5)

    def _milvus_lite(self) -> Program:
        where = ("--data-dir", str(self.settings.index))
        listen = ("--host", "127.0.0.1", "--port", str(self.ports.milvus))
        return Program(
            "milvus",
            _python("local.milvus_lite", *where, *listen),
            ONE_THREAD,
            priority=120,
            stop_signal="INT",  # on SIGTERM it loses rows that were not flushed
            stop_seconds=30,
        )

    def _inference(self) -> Part:
        module = "services.inference.triton" if self.settings.inference == "triton" else "services.inference"
        environment = {
            "AISLE_INFERENCE_LISTEN": f"127.0.0.1:{self.ports.inference}",
            "AISLE_INFERENCE_METRICS_LISTEN": f"127.0.0.1:{self.ports.inference_http}",
            "AISLE_INFERENCE_MODEL_REPOSITORY": str(self.settings.data / "model_repository"),
            "AISLE_INFERENCE_MODEL_CONTROL_MODE": "explicit",
        }
        program = Program("inference", _python(module), ONE_THREAD | environment, priority=120)
        probe = http_probe(f"http://127.0.0.1:{self.ports.inference_http}/v2/health/ready")
        return Part(program, probe, f"127.0.0.1:{self.ports.inference}")

    def _service(
        self, name: str, service: str, port: int, environment: Mapping[str, str], after: tuple[str, ...]
    ) -> Part:
        prefix = f"AISLE_{service.upper()}"
        listen = {
            f"{prefix}_LISTEN": f"127.0.0.1:{port}",
            f"{prefix}_METRICS_LISTEN": f"127.0.0.1:{self.ports.metrics[name]}",
            f"{prefix}_DATABASE_URL": self.postgres.url(service, self.credentials),
            **self._drain(prefix),
        }
        program = Program(name, _python(f"services.{service}"), {**ONE_THREAD, **listen, **environment}, priority=500)
        return Part(program, grpc_probe(port), f"127.0.0.1:{port}", after)

    def _drain(self, prefix: str) -> Mapping[str, str]:
        # Draining gives balancers time to turn to the other replica; without one it would only delay `down`.
        return {} if self.settings.replicas > 1 else {f"{prefix}_DRAIN_S": "0"}

    def _users(self) -> Mapping[str, str]:
        return {
            "AISLE_USERS_SIGNING_KEYS_DIR": str(self.credentials.signing_keys),
            "AISLE_USERS_ADMIN_EMAIL": self.credentials.admin_email,
            "AISLE_USERS_ADMIN_PASSWORD": self.credentials.admin_password,
            "AISLE_USERS_CLIENTS_FILE": str(self.credentials.clients_file),
        }

    def _catalog(self) -> Mapping[str, str]:
        return {
            "AISLE_CATALOG_USERS_ADDRESS": addresses(self.ports.users),
            "AISLE_CATALOG_PICTURES_DIR": str(self.settings.data / "pictures"),
            # Started later: purchases wait for it.
            "AISLE_CATALOG_RECS_ADDRESS": addresses(self.ports.recs),
            "AISLE_CATALOG_CLIENT_ID": CATALOG_CLIENT,
            "AISLE_CATALOG_CLIENT_SECRET_FILE": str(self.credentials.catalog_secret_file),
            # On one machine a shop is tried out: no money moves. Its checkout takes the tokens of the test provider.
            "AISLE_CATALOG_PAYMENT_PROVIDER": "test",
        }

    def _recs(self) -> Mapping[str, str]:
        return {
            "AISLE_RECS_USERS_ADDRESS": addresses(self.ports.users),
            "AISLE_RECS_CATALOG_ADDRESS": addresses(self.ports.catalog),
            "AISLE_RECS_INFERENCE_ADDRESS": f"127.0.0.1:{self.ports.inference}",
            "AISLE_RECS_MILVUS_URI": f"http://127.0.0.1:{self.ports.milvus}",
            **self._beside_milvus("AISLE_RECS"),
            "AISLE_RECS_FEAST_REPO": str(self.settings.data / "feast"),
            "AISLE_RECS_RELEASES_DIR": str(self.settings.data / "releases"),
            "AISLE_RECS_ATTRIBUTION_KEY_FILE": str(self.credentials.attribution_key_file),
            "AISLE_RECS_WORKER_ADDRESS": f"127.0.0.1:{self.ports.recs_worker}",
        }

    def _beside_milvus(self, prefix: str) -> Mapping[str, str]:
        """What is set otherwise where the index is a server of its own."""
        if self.settings.milvus == "lite":
            return {}
        # Such a server takes 2.5 s for a flush, and makes a segment of each; what it acknowledged is durable without.
        return {f"{prefix}_INDEX_FLUSH_S": "60", f"{prefix}_INDEX_FLUSH_APART": "1"}

    def _worker(self, after: tuple[str, ...]) -> Part:
        environment = {
            **self._recs(),
            "AISLE_RECS_DATABASE_URL": self.postgres.url("recs", self.credentials),
            "AISLE_RECS_DRAIN_S": "0",  # there is one worker only
            "AISLE_RECS_WORKER_LISTEN": f"127.0.0.1:{self.ports.recs_worker}",
            "AISLE_RECS_WORKER_METRICS_LISTEN": f"127.0.0.1:{self.ports.metrics['recs-worker']}",
            # Started later: only releases whose towers take vectors of encoders wait for it.
            "AISLE_RECS_SEARCH_ADDRESS": addresses(self.ports.search),
            "AISLE_RECS_CLIENT_ID": WORKER_CLIENT,
            "AISLE_RECS_CLIENT_SECRET_FILE": str(self.credentials.worker_secret_file),
        }
        program = Program("recs-worker", _python("services.recs.worker"), ONE_THREAD | environment, priority=600)
        return Part(program, grpc_probe(self.ports.recs_worker), f"127.0.0.1:{self.ports.recs_worker}", after)

    def _search(self) -> Mapping[str, str]:
        return {
            "AISLE_SEARCH_USERS_ADDRESS": addresses(self.ports.users),
            "AISLE_SEARCH_CATALOG_ADDRESS": addresses(self.ports.catalog),
            "AISLE_SEARCH_RECS_ADDRESS": addresses(self.ports.recs),
            "AISLE_SEARCH_INFERENCE_ADDRESS": f"127.0.0.1:{self.ports.inference}",
            "AISLE_SEARCH_MILVUS_URI": f"http://127.0.0.1:{self.ports.milvus}",
            **self._beside_milvus("AISLE_SEARCH"),
            "AISLE_SEARCH_CLIENT_ID": SEARCH_CLIENT,
            "AISLE_SEARCH_CLIENT_SECRET_FILE": str(self.credentials.search_secret_file),
            "AISLE_SEARCH_ATTRIBUTION_KEY_FILE": str(self.credentials.attribution_key_file),
        }

    def _search_worker(self, after: tuple[str, ...]) -> Part:
        environment = {
            **self._search(),
            "AISLE_SEARCH_DATABASE_URL": self.postgres.url("search", self.credentials),
            "AISLE_SEARCH_DRAIN_S": "0",  # there is one worker only
            "AISLE_SEARCH_WORKER_LISTEN": f"127.0.0.1:{self.ports.search_worker}",
            "AISLE_SEARCH_WORKER_METRICS_LISTEN": f"127.0.0.1:{self.ports.metrics['search-worker']}",
        }
        program = Program("search-worker", _python("services.search.worker"), ONE_THREAD | environment, priority=600)
        return Part(program, grpc_probe(self.ports.search_worker), f"127.0.0.1:{self.ports.search_worker}", after)

    def _gateway(self, after: tuple[str, ...]) -> Part:
        # A base id of its own for each Envoy: two shops on one machine must not share its memory segment.
        arguments = (
            "-c",
            str(self.settings.run / "envoy.yaml"),
            "--use-dynamic-base-id",
            "--log-level",
            "warning",
        )
        program = Program("gateway", (str(BIN / "envoy"), *arguments, "--concurrency", "2"), priority=900)
        url = self.settings.gateway_url
        return Part(program, http_probe(f"{url}/healthz"), url, after)


def addresses(ports: list[int]) -> str:
    """Renders the address of a service: all its replicas, separated by commas."""
    return ",".join(f"127.0.0.1:{port}" for port in ports)


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)
