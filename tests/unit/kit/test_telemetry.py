"""Traces hold nothing up."""

import socket
import subprocess
import sys

from local.settings import ROOT

SPANS = 1500
"""More than two batches, each of which waits for the collector by itself."""
STOPPED_S = 15.0
"""OpenTelemetry by itself waits for 30 s, and the process manager for less."""
PROGRAM = """
import sys, time
from services.kit import telemetry
flush = telemetry.configure_traces("test", sys.argv[1])
for _ in range(int(sys.argv[2])):
    with telemetry.tracer().start_as_current_span("call"):
        pass
began = time.monotonic()
flush()
print(time.monotonic() - began)
"""


def test_a_collector_that_takes_calls_and_never_answers_does_not_hold_up_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        # In a process of its own: whoever traces in this one does so for good.
        command = [sys.executable, "-c", PROGRAM, f"127.0.0.1:{frozen.getsockname()[1]}", str(SPANS)]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    assert float(done.stdout) < STOPPED_S
