"""Calls of the same kind that come while one is under way go together in the next."""

import asyncio
import contextvars
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
A = TypeVar("A")
R = TypeVar("R")


STEP_S = 0.001
"""Between two looks whether somebody is still on the way."""


def one(_: object) -> int:
    """Every question weighs the same."""
    return 1


def nobody() -> int:
    """No question is known to be on its way."""
    return 0


@dataclass
class _Waiting(Generic[A, R]):
    question: A
    answer: asyncio.Future[R]
    context: contextvars.Context = field(default_factory=contextvars.copy_context)


class Coalescer(Generic[K, A, R]):
    """Gathers questions of the same kind without delaying one that is alone.

    What a call costs beside its work (the call itself on both sides, the rows that a search looks at) is shared by
    all that go together, so that a busy service does less for each request than an idle one.
    """

    def __init__(
        self,
        ask: Callable[[K, Sequence[A]], Awaitable[Sequence[R]]],
        in_flight: int,
        together: int,
        weight: Callable[[A], int] = one,
        coming: Callable[[], int] = nobody,
        linger_s: float = 0.0,
    ) -> None:
        """
        Args:
            ask: answers questions of one kind, in their order. It sets its own time limit: of those who wait, one may
                have long left. A question that goes alone goes with its caller's context: request id and deadline.
            in_flight: calls under way at a time, for one kind.
            together: the most that the questions of one call may weigh together; a heavier one goes alone.
            weight: what a question weighs.
            coming: how many are about to ask.
            linger_s: how long a call waits for them at most.
        """
        self._ask = ask
        self._in_flight = in_flight
        self._together = together
        self._weight = weight
        self._coming = coming
        self._linger_s = linger_s
        self._pending = 0
        self._waiting: defaultdict[K, deque[_Waiting[A, R]]] = defaultdict(deque)
        self._running: defaultdict[K, int] = defaultdict(int)
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, kind: K, question: A) -> R:
        """The answer to the question; raises what asking raises."""
        waiting = _Waiting[A, R](question, asyncio.get_running_loop().create_future())
        self._waiting[kind].append(waiting)
        self._pending += 1
        if self._running[kind] < self._in_flight:
            self._running[kind] += 1
            # A task of its own: the caller that began it may leave before the others have their answers.
            task = asyncio.create_task(self._work(kind), context=contextvars.Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            return await waiting.answer
        finally:
            self._pending -= 1

    def pending(self) -> int:
        """How many wait for an answer."""
        return self._pending

    async def _work(self, kind: K) -> None:
        try:
            await self._linger()
            while batch := self._take(kind):
                await self._answer(kind, batch)
                if self._waiting[kind]:
                    await self._linger()
        finally:
            self._running[kind] -= 1
            if not self._running[kind] and not self._waiting[kind]:
                del self._running[kind], self._waiting[kind]

    async def _linger(self) -> None:
        for _ in range(round(self._linger_s / STEP_S)):
            if not self._coming():
                return
            await asyncio.sleep(STEP_S)

    def _take(self, kind: K) -> list[_Waiting[A, R]]:
        queue, batch, weight = self._waiting[kind], list[_Waiting[A, R]](), 0
        while queue:
            if queue[0].answer.done():  # its caller has left
                queue.popleft()
                continue
            weight += self._weight(queue[0].question)
            if batch and weight > self._together:
                break
            batch.append(queue.popleft())
        return batch

    async def _answer(self, kind: K, batch: list[_Waiting[A, R]]) -> None:
        try:
            asked = self._ask(kind, [waiting.question for waiting in batch])
            if len(batch) == 1:
                answers = await _in(batch[0].context, asked)
            else:
                answers = await asked
            for waiting, answer in zip(batch, answers, strict=True):
                if not waiting.answer.done():
                    waiting.answer.set_result(answer)
        except Exception as error:
            for waiting in batch:
                if not waiting.answer.done():
                    waiting.answer.set_exception(error)


def _in(context: contextvars.Context, work: Awaitable[R]) -> "asyncio.Task[R]":
    async def run() -> R:
        return await work

    return asyncio.get_running_loop().create_task(run(), context=context)
