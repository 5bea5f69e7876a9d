"""Both servers, started the way the local mesh starts them."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import psutil

from local.settings import ROOT

MODULES = {"embedded": "services.inference", "triton": "services.inference.triton"}
START_S = 60


def alive(process: psutil.Process) -> bool:
    """Whether a process still runs; one that nobody has buried does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A process that serves a repository."""

    kind: str
    repository: Path
    log: Path
    control: str = "explicit"
    drain_s: float = 0.0
    collector: str = ""
    """host:port of an OpenTelemetry collector."""
    grpc_port: int = field(default_factory=free_port)
    http_port: int = field(default_factory=free_port)
    metrics_port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def address(self) -> str:
        """Of the gRPC server."""
        return f"127.0.0.1:{self.grpc_port}"

    @property
    def metrics_url(self) -> str:
        """Triton has an address of its own for metrics."""
        return f"http://127.0.0.1:{self.metrics_port if self.kind == 'triton' else self.http_port}/metrics"

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self.process is not None
        return self.process.pid

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Starts it and waits until it says that it is ready."""
        variables = {
            "AISLE_INFERENCE_LISTEN": self.address,
            "AISLE_INFERENCE_METRICS_LISTEN": f"127.0.0.1:{self.http_port}",
            "AISLE_INFERENCE_TRITON_METRICS_LISTEN": f"127.0.0.1:{self.metrics_port}",
            "AISLE_INFERENCE_MODEL_REPOSITORY": str(self.repository),
            "AISLE_INFERENCE_MODEL_CONTROL_MODE": self.control,
            "AISLE_INFERENCE_DRAIN_S": str(self.drain_s),
            "AISLE_INFERENCE_POLL_S": "0.2",
            "AISLE_INFERENCE_OTLP_ENDPOINT": self.collector,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", MODULES[self.kind]],
                cwd=ROOT,
                env=os.environ | variables,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_S
        while self.get("/v2/health/ready") != 200:
            assert self.process.poll() is None, self.log.read_text(errors="replace")[-3000:]
            assert time.monotonic() < deadline, self.log.read_text(errors="replace")[-3000:]
            time.sleep(0.05)

    def get(self, path: str) -> int:
        """The status of a page of its HTTP server; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def metrics(self) -> str:
        """What a Prometheus server would read."""
        with urllib.request.urlopen(self.metrics_url, timeout=5) as answer:
            text: bytes = answer.read()
        return text.decode()

    def family(self) -> list[psutil.Process]:
        """The process and all that it started."""
        process = psutil.Process(self.pid)
        return [process, *process.children(recursive=True)]

    def kill(self) -> None:
        """The power is gone."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """The orderly end; returns the exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
