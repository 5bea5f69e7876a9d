"""Runs the processes that decode pictures, and replaces those that die or take too long."""

import asyncio
import json
import os
import struct
import sys
from contextlib import suppress

from services.kit import telemetry
from services.kit.errors import Unavailable
from services.kit.pictures.frames import LENGTHS
from services.kit.pictures.kinds import PictureRefused

START_S = 20.0
TRIES = 2
"""A worker may die for a reason of its own; a picture that kills two is to blame."""
log = telemetry.logger("aisle.pictures")


class WorkerPool:
    """A fixed number of workers, one picture at a time each.

    `module` is run as their program; it calls `services.kit.pictures.frames.serve`.
    """

    def __init__(self, module: str, workers: int, timeout_s: float, memory_mib: int) -> None:
        self._module = module
        self._timeout_s = timeout_s
        self._memory_mib = memory_mib
        self._idle: asyncio.LifoQueue[asyncio.subprocess.Process | None] = asyncio.LifoQueue()
        for _ in range(workers):
            self._idle.put_nowait(None)  # started at the first picture

    async def aclose(self) -> None:
        """Ends the workers."""
        while not self._idle.empty():
            await _end(self._idle.get_nowait())

    async def ask(self, task: dict[str, object], content: bytes) -> tuple[dict[str, str], bytes]:
        """What a worker answers.

        Raises:
            PictureRefused: it cannot be decoded, or takes too long or too much memory.
        """
        for _ in range(TRIES):
            with suppress(_WorkerDied):
                header, answer = await self._ask_one(task, content)
                if "refused" in header:
                    log.info("picture refused", why=header["refused"], cause=header.get("cause", ""))
                    raise PictureRefused(header["refused"])
                return header, answer
        raise PictureRefused("it cannot be decoded: the decoder does not survive it")

    async def _ask_one(self, task: dict[str, object], content: bytes) -> tuple[dict[str, str], bytes]:
        worker = await self._idle.get()
        healthy = False
        try:
            if worker is None or worker.returncode is not None:
                worker = await self._start()
            async with asyncio.timeout(self._timeout_s):
                answer = await _exchange(worker, task, content)
            healthy = True
            return answer
        except TimeoutError:
            raise PictureRefused(f"it takes longer than {self._timeout_s:g} s to decode") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            log.warning("picture worker died", returncode=worker.returncode if worker else None)
            raise _WorkerDied from None
        finally:
            # A call that was cancelled leaves a worker in the middle of a frame: it is no good any more.
            if not healthy and worker is not None:
                worker.kill() if worker.returncode is None else None
            self._idle.put_nowait(worker if healthy else None)

    async def _start(self) -> asyncio.subprocess.Process:
        worker: asyncio.subprocess.Process | None = None
        try:
            worker = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", self._module, str(self._memory_mib)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                # It needs no secret of ours, and no Ctrl-C that is meant for us.
                env={name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG") if name in os.environ},
                start_new_session=True,
            )
            # What a picture may take begins when the decoder is there: on a busy machine its imports take a second.
            async with asyncio.timeout(START_S):
                await _exchange(worker, {"hello": True}, b"")
            return worker
        except BaseException as error:
            # Nobody but this call knows of the process, and the call may be cancelled while it starts.
            if worker is not None and worker.returncode is None:
                worker.kill()
            if not isinstance(error, OSError | asyncio.IncompleteReadError):
                raise
            log.exception("picture worker does not start")
            raise Unavailable("Pictures cannot be decoded at the moment.", reason="DECODER_UNAVAILABLE") from None


class _WorkerDied(Exception):
    pass


async def _exchange(
    worker: asyncio.subprocess.Process, task: dict[str, object], content: bytes
) -> tuple[dict[str, str], bytes]:
    if worker.stdin is None or worker.stdout is None:
        raise ConnectionError
    header = json.dumps(task).encode()
    worker.stdin.write(LENGTHS.pack(len(header), len(content)) + header)
    worker.stdin.write(content)
    await worker.stdin.drain()
    try:
        header_length, answer_length = LENGTHS.unpack(await worker.stdout.readexactly(LENGTHS.size))
    except struct.error:
        raise ConnectionError from None
    answered = json.loads(await worker.stdout.readexactly(header_length))
    return answered, await worker.stdout.readexactly(answer_length)


async def _end(worker: asyncio.subprocess.Process | None) -> None:
    if worker is None or worker.returncode is not None:
        return
    if worker.stdin is not None:
        worker.stdin.close()
    try:
        async with asyncio.timeout(2.0):
            await worker.wait()
    except TimeoutError:
        worker.kill()
        await worker.wait()
