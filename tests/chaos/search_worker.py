"""search's worker as a process that can be killed, and begins in no time: what it imports is imported once."""

import multiprocessing
import os
from collections.abc import Mapping
from pathlib import Path

import grpc

from services.kit.server import run
from services.search.settings import WorkerSettings
from services.search.worker.app import build
from tests.support.postgres import free_port

START_S = 60.0


class Worker:
    """The worker with the settings of a shop's, forked from a server that has imported it."""

    def __init__(self, settings: WorkerSettings, log: Path) -> None:
        self._address, self._log = f"127.0.0.1:{free_port()}", log
        given = {name: str(getattr(settings, name)) for name in settings.model_fields_set}
        self._environment = {f"AISLE_SEARCH_{name.upper()}": value for name, value in given.items()}
        self._environment["AISLE_SEARCH_WORKER_LISTEN"] = self._address
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__])
        self._process: multiprocessing.process.BaseProcess | None = None

    def start(self) -> None:
        """Starts it and waits until it accepts calls."""
        self._process = self._context.Process(target=_run, args=(self._environment, self._log), daemon=True)
        self._process.start()
        channel = grpc.insecure_channel(self._address, options=[("grpc.max_reconnect_backoff_ms", 100)])
        try:
            grpc.channel_ready_future(channel).result(START_S)
        finally:
            channel.close()

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.join()


def _run(environment: Mapping[str, str], log: Path) -> None:
    with log.open("ab") as output:
        for stream in (1, 2):
            os.dup2(output.fileno(), stream)
    os.environ.update(environment)
    run(build, WorkerSettings)
