"""What a version counts of its work, in nanoseconds, for ModelStatistics and the metrics."""

import time
from dataclasses import dataclass, field

REASONS = ("REJECTED", "CANCELED", "BACKEND", "OTHER")
"""Why a request failed, by the labels of Triton's metrics."""


@dataclass
class Durations:
    """How often, and for how many nanoseconds."""

    count: int = 0
    ns: int = 0

    def add(self, ns: int, count: int = 1) -> None:
        """Adds `count` that took `ns` each."""
        self.count += count
        self.ns += ns * count


@dataclass
class Batches:
    """Executions of one batch size."""

    compute_input: Durations = field(default_factory=Durations)
    compute_infer: Durations = field(default_factory=Durations)
    compute_output: Durations = field(default_factory=Durations)


@dataclass
class Statistics:
    """Of one version since it was loaded."""

    success: Durations = field(default_factory=Durations)
    fail: Durations = field(default_factory=Durations)
    queue: Durations = field(default_factory=Durations)
    compute_input: Durations = field(default_factory=Durations)
    compute_infer: Durations = field(default_factory=Durations)
    compute_output: Durations = field(default_factory=Durations)
    failures: dict[str, int] = field(default_factory=lambda: dict.fromkeys(REASONS, 0))
    inferences: int = 0
    """Rows, where requests are batches."""
    executions: int = 0
    last_ms: int = 0
    batches: dict[int, Batches] = field(default_factory=dict)

    def succeeded(self, ns: int, rows: int) -> None:
        """Counts a request that was answered."""
        self.success.add(ns)
        self.inferences += rows
        self.last_ms = int(time.time() * 1000)

    def failed(self, ns: int, reason: str) -> None:
        """Counts a request that was not answered."""
        self.fail.add(ns)
        self.failures[reason] += 1

    def executed(self, rows: int, requests: int, times: tuple[int, int, int]) -> None:
        """Counts an execution; `times` are those of input, model and output."""
        self.executions += 1
        batches = self.batches.setdefault(rows, Batches())
        for whole, part, ns in zip(
            (self.compute_input, self.compute_infer, self.compute_output),
            (batches.compute_input, batches.compute_infer, batches.compute_output),
            times,
            strict=True,
        ):
            whole.add(ns, requests)
            part.add(ns)
