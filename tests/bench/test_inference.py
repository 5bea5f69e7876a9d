"""What a model call costs: ONNX Runtime in this process, the embedded server, and the real Triton.

One user tower, one shopper a request. Processor time is the server's own, its children's included, so that it can be
compared even where callers share its cores.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import onnxruntime as ort
import psutil
import pytest
from tritonclient.grpc import service_pb2 as pb

from local import bootstrap
from local.settings import ROOT
from services.inference import tensors
from tests.bench.conftest import show
from tests.bench.measuring import percentile
from tests.integration.inference.servers import Server
from tests.support import towers
from tests.support.installing import why_not
from trainers.release import model_repository
from trainers.two_tower import golden

pytestmark = pytest.mark.bench
CALLERS = (1, 8, 32)
SECONDS = 5.0
MODEL = "user_tower"
INFER = "/inference.GRPCInferenceService/ModelInfer"
Call = Callable[[], Awaitable[object]]
Inputs = dict[str, np.ndarray[Any, Any]]


@dataclass(frozen=True)
class Measured:
    """What some callers saw."""

    seconds: list[float]
    """Of each request."""
    per_second: float
    processor_s: float
    """Of the server, in all."""

    def row(self, what: str, callers: int) -> list[str]:
        """A row of the table."""
        waited = [f"{percentile(self.seconds, share) * 1000:.2f}" for share in (0.5, 0.99)]
        cost = self.processor_s / len(self.seconds) * 1000
        return [
            what,
            str(callers),
            *waited,
            f"{self.per_second:.0f}",
            f"{cost:.2f}",
        ]


def test_what_a_model_call_costs(tmp_path: Path) -> None:
    made = towers.write(tmp_path)
    inputs = {name: values[:1] for name, values in golden.load(made / "golden.npz").inputs[MODEL].items()}
    repository = tmp_path / "repository"
    model_repository.install(made, 1, repository, ROOT / "model_repository", "cpu")
    rows = [m.row("ONNX Runtime, callers included", n) for n, m in in_process(made / f"{MODEL}.onnx", inputs).items()]
    rows += [m.row("embedded server", n) for n, m in served("embedded", repository, inputs).items()]
    if why := why_not(bootstrap.set_up_triton):
        print(f"The real Triton is not measured: {why}")
    else:
        rows += [m.row("real Triton", n) for n, m in served("triton", repository, inputs).items()]
    columns = ["", "callers", "p50 ms", "p99 ms", "requests/s", "processor ms a request"]
    print(f"\n{os.cpu_count()} cores; load of the machine before: {os.getloadavg()[0]:.1f}")
    show("A user vector, one shopper a request", columns, rows)
    assert all(float(row[4]) > 0 for row in rows)


def in_process(file: Path, inputs: Inputs) -> dict[int, Measured]:
    """Without a server: callers are threads, and the model has one thread as in the servers."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(file, options)

    async def run() -> dict[int, Measured]:
        with ThreadPoolExecutor(max(CALLERS)) as threads:
            loop = asyncio.get_running_loop()

            def call() -> Awaitable[object]:
                return loop.run_in_executor(threads, session.run, None, inputs)

            return {callers: await measure(call, callers, os.getpid()) for callers in CALLERS}

    return asyncio.run(run())


def served(kind: str, repository: Path, inputs: Inputs) -> dict[int, Measured]:
    """Over the protocol, from callers in this process."""
    request = pb.ModelInferRequest(model_name=MODEL)
    for name, values in inputs.items():
        kind_of = {"f": "FP32", "i": "INT64"}.get(values.dtype.kind, "BYTES")
        request.inputs.add(name=name, datatype=kind_of, shape=values.shape)
        request.raw_input_contents.append(tensors.write(values))
    data = request.SerializeToString()

    async def run(server: Server) -> dict[int, Measured]:
        async with grpc.aio.insecure_channel(server.address) as channel:
            send = channel.unary_unary(INFER, _bytes, _bytes)
            return {callers: await measure(lambda: send(data), callers, server.pid) for callers in CALLERS}

    with Server(kind, repository, repository.parent / f"{kind}.log") as server:
        return asyncio.run(run(server))


async def measure(call: Call, callers: int, pid: int) -> Measured:
    """Asks from so many callers at once, each waiting for its answer before it asks again."""
    await asyncio.gather(*(call() for _ in range(callers)))
    taken: list[float] = []
    before, began = processor_s(pid), time.perf_counter()

    async def ask() -> None:
        while time.perf_counter() - began < SECONDS:
            sent = time.perf_counter()
            await call()
            taken.append(time.perf_counter() - sent)

    await asyncio.gather(*(ask() for _ in range(callers)))
    return Measured(taken, len(taken) / (time.perf_counter() - began), processor_s(pid) - before)


def processor_s(pid: int) -> float:
    """Processor time of a process and its children."""
    process = psutil.Process(pid)
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def _bytes(data: bytes) -> bytes:
    return data
