"""Runs requests of one model version: together where they are waiting together."""

import asyncio
import time
from collections import deque
from concurrent.futures import Executor
from dataclasses import dataclass, field

import numpy as np

from services.inference.errors import InferenceError, unavailable
from services.inference.model import Durations, ModelVersion, now_ms
from services.inference.tensors import Array

DEFAULT_QUEUE = 1024
"""Where the configuration names no limit: Triton's own queue has none, and a queue without one hides an overload."""


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
        policy = model.config.dynamic_batching.default_queue_policy
        self._model = model
        self._threads = threads
        self._queue: deque[Waiting] = deque()
        self._limit = policy.max_queue_size or DEFAULT_QUEUE
        self._timeout_ns = policy.default_timeout_microseconds * 1000
        self._batches = model.config.HasField("dynamic_batching") and model.batched
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
        try:
            if len(self._queue) >= self._limit:
                raise unavailable("Exceeds maximum queue size")
            rows = next(iter(inputs.values())).shape[0] if self._model.batched else 1
            waiting = Waiting(inputs, outputs, rows, asyncio.get_running_loop().create_future())
            self._queue.append(waiting)
            self._start()
            found = await waiting.result
        except InferenceError:
            statistics.fail.add(time.perf_counter_ns() - started)
            raise
        statistics.success.add(time.perf_counter_ns() - started)
        statistics.inferences += rows
        statistics.last_ms = now_ms()
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
            while batch := self._take():
                await self._compute(batch)
        finally:
            self._idle += 1

    def _take(self) -> list[Waiting]:
        batch: list[Waiting] = []
        now = time.perf_counter_ns()
        while self._queue:
            first = self._queue[0]
            if first.result.done():
                self._queue.popleft()  # the caller has gone
                continue
            if self._timeout_ns and now - first.since > self._timeout_ns:
                self._queue.popleft().result.set_exception(unavailable("Request timeout expired"))
                continue
            rows = sum(waiting.rows for waiting in batch) + first.rows
            fits = self._batches and rows <= self._model.config.max_batch_size
            if batch and not (fits and first.kind == batch[0].kind):
                break
            batch.append(self._queue.popleft())
        return batch

    async def _compute(self, batch: list[Waiting]) -> None:
        statistics, started = self._model.statistics, time.perf_counter_ns()
        for waiting in batch:
            statistics.queue.add(started - waiting.since)
        inputs = batch[0].inputs
        if len(batch) > 1:
            inputs = {name: np.concatenate([waiting.inputs[name] for waiting in batch]) for name in inputs}
        try:
            run = asyncio.get_running_loop().run_in_executor(
                self._threads, self._model.run, inputs, list(batch[0].outputs)
            )
            found = await run
        except InferenceError as error:
            await self._alone(batch, error)
            return
        took = time.perf_counter_ns() - started
        rows = sum(waiting.rows for waiting in batch)
        statistics.executions += 1
        statistics.compute.add(took, len(batch))
        statistics.batches.setdefault(rows, Durations()).add(took)
        at = 0
        for waiting in batch:
            whole = len(batch) == 1
            part = found if whole else [output[at : at + waiting.rows] for output in found]
            at += waiting.rows
            if not waiting.result.done():
                waiting.result.set_result(part)

    async def _alone(self, batch: list[Waiting], error: InferenceError) -> None:
        """One request that the model refuses must not take the others with it."""
        if len(batch) == 1:
            if not batch[0].result.done():
                batch[0].result.set_exception(error)
            return
        for waiting in batch:
            await self._compute([waiting])
