"""Runs requests of one model version: together where they are waiting together."""

import asyncio
import time
from collections import deque
from concurrent.futures import Executor
from dataclasses import dataclass, field

import numpy as np

from services.inference.errors import InferenceError, internal, rejected
from services.inference.model import ModelVersion
from services.inference.tensors import Array
from services.kit import telemetry

DEFAULT_QUEUE = 1024
"""Where the configuration names no limit: Triton's own queue has none, and a queue without one hides an overload."""
log = telemetry.logger("aisle.inference")


@dataclass
class Waiting:
    """A request in the queue."""

    inputs: dict[str, Array]
    outputs: tuple[str, ...]
    rows: int
    result: asyncio.Future[list[Array]]
    since: int = field(default_factory=time.perf_counter_ns)

    @property
    def kind(self) -> tuple[object, ...]:
        """Requests of one kind can be computed together."""
        return (self.outputs, *(array.shape[1:] for array in self.inputs.values()))


class Runner:
    """Takes what is waiting, computes it, takes what has come meanwhile."""

    def __init__(self, model: ModelVersion, threads: Executor) -> None:
        batching = model.config.dynamic_batching
        policy = batching.default_queue_policy
        self._model = model
        self._threads = threads
        self._queue: deque[Waiting] = deque()
        self._limit = policy.max_queue_size or DEFAULT_QUEUE
        self._timeout_ns = policy.default_timeout_microseconds * 1000
        self._delay_ns = batching.max_queue_delay_microseconds * 1000
        self._most = model.config.max_batch_size if model.config.HasField("dynamic_batching") else 0
        self._idle = max(1, sum(group.count or 1 for group in model.config.instance_group))
        self._running: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """Requests in the queue."""
        return len(self._queue)

    async def infer(self, inputs: dict[str, Array], outputs: tuple[str, ...]) -> list[Array]:
        """The outputs of one request.

        Raises:
            InferenceError: the queue is full, the request waited too long, or the model refuses it.
        """
        statistics, started = self._model.statistics, time.perf_counter_ns()
        rows = next(iter(inputs.values())).shape[0] if self._model.batched else 1
        try:
            if len(self._queue) >= self._limit:
                raise rejected("Exceeds maximum queue size")
            waiting = Waiting(inputs, outputs, rows, asyncio.get_running_loop().create_future())
            self._queue.append(waiting)
            self._start()
            found = await waiting.result
        except InferenceError as error:
            statistics.failed(time.perf_counter_ns() - started, error.reason)
            raise
        except asyncio.CancelledError:
            statistics.failed(time.perf_counter_ns() - started, "CANCELED")
            raise
        statistics.succeeded(time.perf_counter_ns() - started, rows)
        return found

    async def drain(self) -> None:
        """Waits until nothing is waiting or running."""
        while self._running:
            await asyncio.wait(self._running)

    def _start(self) -> None:
        while self._idle and self._queue:
            self._idle -= 1
            task = asyncio.create_task(self._work())
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _work(self) -> None:
        try:
            while self._queue:
                await self._linger()
                if batch := self._take():
                    await self._compute(batch)
        finally:
            self._idle += 1

    async def _linger(self) -> None:
        """Waits for company, for as long as the configuration wants the first request to."""
        if not (self._delay_ns and self._most):
            return
        left = self._queue[0].since + self._delay_ns - time.perf_counter_ns()
        if left > 0 and sum(waiting.rows for waiting in self._queue) < self._most:
            await asyncio.sleep(left / 1e9)

    def _take(self) -> list[Waiting]:
        batch: list[Waiting] = []
        rows = 0
        while self._queue:
            first = self._queue[0]
            if first.result.done():
                self._queue.popleft()  # the caller has gone
            elif self._timeout_ns and time.perf_counter_ns() - first.since > self._timeout_ns:
                self._queue.popleft().result.set_exception(rejected("Request timeout expired"))
            elif batch and (rows + first.rows > self._most or first.kind != batch[0].kind):
                break
            else:
                batch.append(self._queue.popleft())
                rows += first.rows
        return batch

    async def _compute(self, batch: list[Waiting]) -> None:
        started = time.perf_counter_ns()
        for waiting in batch:
            self._model.statistics.queue.add(started - waiting.since)
        try:
            parts = await self._run(batch)
        except InferenceError as error:
            if len(batch) == 1:
                _fail(batch, error)
            else:
                await self._alone(batch)
        except Exception:
            log.exception("unexpected", model=self._model.config.name)
            _fail(batch, internal("internal error"))
        else:
            for waiting, part in zip(batch, parts, strict=True):
                if not waiting.result.done():
                    waiting.result.set_result(part)

    async def _run(self, batch: list[Waiting]) -> list[list[Array]]:
        """The outputs of each request of a batch."""
        began = time.perf_counter_ns()
        inputs = batch[0].inputs
        if len(batch) > 1:
            inputs = {name: np.concatenate([waiting.inputs[name] for waiting in batch]) for name in inputs}
        ready = time.perf_counter_ns()
        loop, outputs = asyncio.get_running_loop(), list(batch[0].outputs)
        found = await loop.run_in_executor(self._threads, self._model.run, inputs, outputs)
        done = time.perf_counter_ns()
        rows = sum(waiting.rows for waiting in batch)
        parts = [found] if len(batch) == 1 else _split(found, batch, rows)
        times = (ready - began, done - ready, time.perf_counter_ns() - done)
        self._model.statistics.executed(rows, len(batch), times)
        return parts

    async def _alone(self, batch: list[Waiting]) -> None:
        """One request that the model refuses must not take the others with it."""
        for waiting in batch:
            waiting.since = time.perf_counter_ns()
            await self._compute([waiting])


def _split(found: list[Array], batch: list[Waiting], rows: int) -> list[list[Array]]:
    if any(not output.ndim or len(output) != rows for output in found):
        # Each alone still gets what the model gives.
        raise internal("an output of the model has no batch dimension")
    ends = np.cumsum([waiting.rows for waiting in batch])[:-1]
    return [list(parts) for parts in zip(*(np.split(output, ends) for output in found), strict=True)]


def _fail(batch: list[Waiting], error: InferenceError) -> None:
    for waiting in batch:
        if not waiting.result.done():
            waiting.result.set_exception(error)
