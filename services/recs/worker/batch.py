"""Runs the batch commands by their schedule, one at a time, each in a process of its own that lets all others go first.

In the worker's process they would hold up the features of the shoppers who are there.
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from services.kit import telemetry
from services.kit.waking import woken
from services.recs.use_cases.measures import BATCH_DONE, BATCH_FAILURES, BATCH_SECONDS, FEATURE_DRIFT, FEATURE_ROWS_TIME

SCORE, BUILD = "score", "build"
ROOT = Path(__file__).resolve().parents[3]
END_S = 5.0
LOOK_S = 60.0
"""Between two looks at the report."""
log = telemetry.logger("aisle.recs.batch")


class BatchRunner:
    """The schedule."""

    def __init__(
        self,
        environment: Mapping[str, str],
        every_s: Mapping[str, float],
        delay_s: float,
        last_report: Callable[[], dict[str, Any] | None],
    ) -> None:
        """
        Args:
            environment: tells the commands what the worker was told.
            every_s: seconds between two runs, by command.
            delay_s: before the first ones: a shop that has just started has better things to do.
            last_report: what `build` found.
        """
        self._environment = environment
        self._every_s = every_s
        self._delay_s = delay_s
        self._last_report = last_report
        self._due = dict.fromkeys(every_s, 0.0)
        self._wake = asyncio.Event()

    def hint(self, _: str = "") -> None:
        """Another release answers, or may: everybody is scored again, and drift has another reference."""
        self._due = dict.fromkeys(self._due, 0.0)
        self._wake.set()

    async def run(self) -> None:
        """Works for as long as the process runs."""
        self._publish()
        await asyncio.sleep(self._delay_s)
        while True:
            self._wake.clear()
            for command, every_s in self._every_s.items():
                if time.monotonic() >= self._due[command]:
                    self._due[command] = time.monotonic() + every_s
                    await self._run(command)
            left = max(0.0, min(self._due.values()) - time.monotonic())
            if not await woken(self._wake, min(left, LOOK_S)):
                self._publish()  # a person, or a cluster's schedule, may have measured

    async def _run(self, command: str) -> None:
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.recs.features", command, "--nice",
            env={**os.environ, **self._environment}, cwd=ROOT,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            output, _ = await process.communicate()
        except asyncio.CancelledError:
            await _end(process)
            raise
        said = output.decode(errors="replace").strip()[-500:]
        BATCH_SECONDS.labels(command).set(time.monotonic() - began)
        if process.returncode:
            BATCH_FAILURES.labels(command).inc()
            log.warning("batch failed", command=command, code=process.returncode, said=said)
            return
        BATCH_DONE.labels(command).set(time.time())
        log.info("batch done", command=command, said=said.rpartition("\n")[2])
        self._publish()

    def _publish(self) -> None:
        """Shows the last report as metrics."""
        try:
            found = self._last_report()
        except (OSError, ValueError) as error:
            log.warning("report not read", why=f"{type(error).__name__}: {error}"[:300])
            return
        for view, measured in (found["views"] if found else {}).items():
            if measured["newest"]:
                FEATURE_ROWS_TIME.labels(view).set(datetime.fromisoformat(measured["newest"]).timestamp())
            for feature, drift in measured["features"].items():
                FEATURE_DRIFT.labels(view, feature).set(drift["psi"])


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), END_S)
    except TimeoutError:
        process.kill()
        await process.wait()
