"""What the processes of a shop say of themselves: their histograms, and the processor time that they took."""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

from local.ports import replica_names
from tests.support.mesh import RunningMesh

Key = tuple[str, str]
MEASURED = ("catalog", "recs", "search")
"""Services whose histograms are read."""
LABELS = ("service", "method", "stage")
"""In this order they make a key."""


@dataclass(frozen=True)
class Snapshot:
    """The state of all counters at one moment."""

    sums: dict[Key, float]
    """Seconds by (histogram, label values)."""
    counts: dict[Key, float]
    processor_s: dict[str, float]
    """Processor time by process, its children included."""


@dataclass(frozen=True)
class Spent:
    """What happened between two snapshots."""

    before: Snapshot
    after: Snapshot

    def calls(self, histogram: str, labels: str = "") -> float:
        """How often something was timed."""
        key = histogram, labels
        return self.after.counts.get(key, 0) - self.before.counts.get(key, 0)

    def seconds(self, histogram: str, labels: str = "") -> float:
        """How long it took in all."""
        key = histogram, labels
        return self.after.sums.get(key, 0) - self.before.sums.get(key, 0)

    def processor_s(self) -> dict[str, float]:
        """Processor time by process."""
        return {name: end - self.before.processor_s.get(name, 0) for name, end in self.after.processor_s.items()}


def snapshot(shop: RunningMesh, services: Sequence[str] = MEASURED) -> Snapshot:
    """Reads the metrics of all replicas of these services and the times of all processes that run."""
    sums: dict[Key, float] = {}
    counts: dict[Key, float] = {}
    names = [name for service in services for name in replica_names(service, shop.settings.replicas)]
    for name in names:
        text = httpx.get(f"http://127.0.0.1:{shop.ports.metrics[name]}/metrics", timeout=10, trust_env=False).text
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                for suffix, values in (("_sum", sums), ("_count", counts)):
                    if family.type == "histogram" and sample.name.endswith(suffix):
                        key = family.name, " ".join(sample.labels[name] for name in LABELS if name in sample.labels)
                        values[key] = values.get(key, 0) + sample.value
    running = [info for info in shop.supervisor.processes() if info.pid]
    return Snapshot(sums, counts, {info.name: _processor_s(info.pid) for info in running})


def _processor_s(pid: int) -> float:
    process = psutil.Process(pid)
    ended = process.cpu_times()  # what children took that have ended: PostgreSQL's sessions come and go
    seconds = ended.children_user + ended.children_system
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            seconds += times.user + times.system
    return float(seconds)


def by_service(seconds: Mapping[str, float]) -> dict[str, float]:
    """Replicas counted together."""
    used: dict[str, float] = {}
    for name, taken in seconds.items():
        service = name.rpartition("-")[0] if name[-1].isdigit() else name
        used[service] = used.get(service, 0) + taken
    return used


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that is at least as large as this share of them (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
