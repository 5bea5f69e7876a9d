"""Every test stops the model's only thread first, so that what is waiting, and therefore batched, is certain."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import numpy as np
import onnx
import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as pb

from services.inference.batching import Runner
from services.inference.config import completed
from services.inference.errors import InferenceError
from services.inference.model import ModelVersion
from services.inference.tensors import Array
from tests.support import models


class Bench:
    """A model with one thread, which can be held."""

    def __init__(self, folder: Path, config: str, model: onnx.ModelProto) -> None:
        file = folder / "model.onnx"
        file.write_bytes(model.SerializeToString())
        self.model = ModelVersion(completed(text_format.Parse(config, pb.ModelConfig()), "m"), 1, file)
        self.pool = ThreadPoolExecutor(1)
        self.runner = Runner(self.model, self.pool)

    @contextmanager
    def held(self) -> Iterator[None]:
        free = threading.Event()
        self.pool.submit(free.wait)
        try:
            yield
        finally:
            free.set()

    def sizes(self) -> dict[int, int]:
        """How many executions there were of each batch size."""
        return {rows: batches.compute_infer.count for rows, batches in self.model.statistics.batches.items()}

    def ask(self, value: float, rows: int = 1, outputs: tuple[str, ...] = ("y",)) -> "asyncio.Task[list[Array]]":
        inputs: dict[str, Array] = {
            "x": np.full((rows, 4), value, np.float32),
            "k": np.full((rows, 2), int(value), np.int64),
        }
        return asyncio.create_task(self.runner.infer(inputs, outputs))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, models.SCALE, models.scale(2.0))
    yield made
    made.pool.shutdown()


async def turn() -> None:
    """Lets everything that can go on do so."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_is_waiting_is_computed_together_and_everyone_gets_their_own(bench: Bench) -> None:
    with bench.held():
        first = bench.ask(100.0)
        await turn()
        others = [bench.ask(float(value)) for value in range(6)]
        await turn()
        assert bench.runner.waiting == 6
    found = await asyncio.gather(first, *others)
    assert [float(y[0, 0]) for (y,) in found] == [200.0, 0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    assert bench.sizes() == {1: 1, 6: 1}
    told = bench.model.statistics
    assert (told.executions, told.inferences, told.success.count, told.queue.count) == (2, 7, 7, 7)
    assert told.compute_infer.count == 7
    assert told.fail.count == 0


async def test_a_batch_never_holds_more_rows_than_the_model_takes(bench: Bench) -> None:
    with bench.held():
        first = bench.ask(1.0)
        await turn()
        others = [bench.ask(float(rows), rows) for rows in (3, 5, 1, 8, 2)]
        await turn()
    found = await asyncio.gather(first, *others)
    assert [y.shape[0] for (y,) in found] == [1, 3, 5, 1, 8, 2]
    assert [float(y[-1, -1]) for (y,) in found] == [2.0, 6.0, 10.0, 2.0, 16.0, 4.0]
    assert bench.sizes() == {1: 2, 8: 2, 2: 1}


async def test_requests_for_other_outputs_are_computed_apart(bench: Bench) -> None:
    with bench.held():
        first = bench.ask(1.0)
        await turn()
        y, total, both = bench.ask(3.0), bench.ask(3.0, outputs=("sum",)), bench.ask(3.0, outputs=("sum", "y"))
        await turn()
    await first
    assert (await y)[0].tolist() == [[6.0] * 4]
    assert (await total)[0].tolist() == [[6]]
    assert [part.shape for part in await both] == [(1, 1), (1, 4)]
    assert bench.sizes() == {1: 4}


async def test_without_dynamic_batching_each_is_computed_alone(tmp_path: Path) -> None:
    bench = Bench(tmp_path, models.SCALE.replace("dynamic_batching { }", ""), models.scale(1.0))
    with bench.held():
        asked = [bench.ask(float(value)) for value in range(4)]
        await turn()
    await asyncio.gather(*asked)
    assert bench.sizes() == {1: 4}
    bench.pool.shutdown()


async def test_a_queue_delay_waits_for_company(tmp_path: Path) -> None:
    delayed = models.SCALE.replace("dynamic_batching { }", "dynamic_batching { max_queue_delay_microseconds: 200000 }")
    bench = Bench(tmp_path, delayed, models.scale(1.0))
    first = bench.ask(1.0)
    await turn()
    second = bench.ask(2.0)
    await asyncio.gather(first, second)
    assert bench.sizes() == {2: 1}
    bench.pool.shutdown()


async def test_a_request_that_the_model_refuses_takes_no_other_with_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path, models.PICK, models.pick())

    def ask(row: int) -> "asyncio.Task[list[Array]]":
        return asyncio.create_task(bench.runner.infer({"row": np.array([[row]], np.int64)}, ("value",)))

    with bench.held():
        first = ask(0)
        await turn()
        asked = [ask(row) for row in (1, 99, 2)]
        await turn()
    good, bad, other = await asyncio.gather(*asked, return_exceptions=True)
    await first
    assert isinstance(good, list)
    assert isinstance(other, list)
    assert (good[0].tolist(), other[0].tolist()) == ([[20.0]], [[30.0]])
    assert isinstance(bad, InferenceError)
    assert bad.code == grpc.StatusCode.INVALID_ARGUMENT
    assert bad.message == "model 'm' cannot compute this input"
    assert bench.model.statistics.failures["BACKEND"] == 1
    bench.pool.shutdown()


async def test_a_full_queue_refuses_at_once(tmp_path: Path) -> None:
    policy = "dynamic_batching { default_queue_policy { max_queue_size: 2 } }"
    bench = Bench(tmp_path, models.SCALE.replace("dynamic_batching { }", policy), models.scale(1.0))
    with bench.held():
        first = bench.ask(1.0)
        await turn()
        waiting = [bench.ask(2.0), bench.ask(3.0)]
        await turn()
        with pytest.raises(InferenceError, match="Exceeds maximum queue size") as refused:
            await bench.ask(4.0)
    assert refused.value.code == grpc.StatusCode.UNAVAILABLE
    await asyncio.gather(first, *waiting)
    assert bench.model.statistics.failures["REJECTED"] == 1
    bench.pool.shutdown()


async def test_a_request_that_waited_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour, which goes by in no time while the second request waits: no machine is so slow that the first does."""
    policy = "dynamic_batching { default_queue_policy { default_timeout_microseconds: 3600000000 } }"
    bench = Bench(tmp_path, models.SCALE.replace("dynamic_batching { }", policy), models.scale(1.0))
    with bench.held():
        first = bench.ask(1.0)
        await turn()
        late = bench.ask(2.0)
        await turn()
        clock = time.perf_counter_ns
        monkeypatch.setattr(time, "perf_counter_ns", lambda: clock() + 3601 * 10**9)
    await first
    with pytest.raises(InferenceError, match="Request timeout expired"):
        await late
    monkeypatch.undo()
    assert (await bench.ask(5.0))[0].tolist() == [[5.0] * 4], "the queue goes on"
    bench.pool.shutdown()


async def test_a_caller_who_has_gone_is_not_computed_for(bench: Bench) -> None:
    with bench.held():
        first = bench.ask(1.0)
        await turn()
        gone, stays = bench.ask(2.0, rows=5), bench.ask(3.0)
        await turn()
        gone.cancel()
        await turn()
    await asyncio.gather(first, stays)
    assert bench.sizes() == {1: 2}
    assert bench.model.statistics.failures["CANCELED"] == 1


async def test_draining_waits_for_everything_that_was_accepted(bench: Bench) -> None:
    with bench.held():
        asked = [bench.ask(float(value)) for value in range(12)]
        await turn()
        draining = asyncio.create_task(bench.runner.drain())
        await turn()
        assert not draining.done()
    await draining
    assert [float(y[0, 0]) for (y,) in await asyncio.gather(*asked)] == [2.0 * value for value in range(12)]
    assert sum(rows * count for rows, count in bench.sizes().items()) == 12
