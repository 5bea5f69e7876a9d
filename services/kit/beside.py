"""One piece of work that goes on beside others."""

import asyncio
from collections.abc import Coroutine


class Beside:
    """Work that is begun, and whose end is asked for later."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def begin(self, work: Coroutine[None, None, None]) -> None:
        """Begins it.

        Raises:
            RuntimeError: what was begun before is still under way.
        """
        if self._task is not None:
            work.close()
            raise RuntimeError("the work before is still under way")
        self._task = asyncio.create_task(work)

    def over(self) -> bool:
        """Whether nothing is under way; raises what the work raised."""
        if self._task is None:
            return True
        if not self._task.done():
            return False
        task, self._task = self._task, None
        task.result()
        return True

    async def end(self) -> None:
        """Waits for it; raises what the work raised."""
        if self._task is not None:
            task, self._task = self._task, None
            await task

    async def give_up(self) -> None:
        """Ends it where it stands, and waits until it has ended; what it raised is nobody's any more."""
        if self._task is not None:
            task, self._task = self._task, None
            task.cancel()
            await asyncio.wait({task})
            if not task.cancelled():
                task.exception()
