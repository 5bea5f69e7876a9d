"""Real programs that recs depends on, which a test can kill and start again."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import grpc
import pytest

from tests.support.postgres import free_port

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
START_S = 60.0


class Program:
    """A server in a process of its own."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], port: int, output: Path) -> None:
        self.port = port
        self._command = list(command)
        self._environment = os.environ | ONE_THREAD | dict(environment)
        self._output = output
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """host:port."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts it and waits until it accepts calls."""
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdout=output, stderr=subprocess.STDOUT
            )
        self.wait()

    def wait(self) -> None:
        """Waits until it accepts calls."""
        channel = grpc.insecure_channel(self.address, options=[("grpc.max_reconnect_backoff_ms", 200)])
        try:
            grpc.channel_ready_future(channel).result(START_S)
        finally:
            channel.close()

    def send(self, number: int) -> None:
        """Sends a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """kill -9."""
        self.send(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()

    def stop(self) -> None:
        """Ends it."""
        if self._process is None or self._process.poll() is not None:
            return
        self.send(signal.SIGCONT)
        self.send(signal.SIGINT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()


class Running(Program):
    """A server that runs already and belongs to somebody else."""

    def __init__(self, port: int) -> None:
        super().__init__([], {}, port, Path(os.devnull))

    def start(self) -> None:
        """It is there."""
        self.wait()

    def send(self, number: int) -> None:
        """Leaves it alone."""
        pytest.skip("this Milvus is not the test's own")

    def stop(self) -> None:
        """Leaves it running."""


def milvus(folder: Path) -> Program:
    """Milvus Lite's server, or the real Milvus on this machine whose port is in AISLE_TEST_MILVUS_PORT."""
    if given := os.environ.get("AISLE_TEST_MILVUS_PORT"):
        return Running(int(given))
    port = free_port()
    where = ["--data-dir", str(folder / "milvus"), "--host", "127.0.0.1", "--port", str(port)]
    return Program([sys.executable, "-m", "local.milvus_lite", *where], {}, port, folder / "milvus.log")


def inference(folder: Path, repository: Path) -> Program:
    """Aisle's inference server."""
    port = free_port()
    environment = {
        "AISLE_INFERENCE_LISTEN": f"127.0.0.1:{port}",
        "AISLE_INFERENCE_METRICS_LISTEN": f"127.0.0.1:{free_port()}",
        "AISLE_INFERENCE_MODEL_REPOSITORY": str(repository),
        "AISLE_INFERENCE_MODEL_CONTROL_MODE": "explicit",
    }
    return Program([sys.executable, "-m", "services.inference"], environment, port, folder / "inference.log")
