"""What a Prometheus server reads: Triton's names for the models, Aisle's for the calls."""

from collections.abc import Callable, Iterable

from prometheus_client import generate_latest

from services.inference.served import Loaded
from services.inference.statistics import REASONS, Statistics

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Reading = Callable[[Statistics], int]
# Durations in microseconds, as Triton gives them.
COUNTERS: dict[str, tuple[str, Reading]] = {
    "nv_inference_request_success": ("Number of successful inference requests", lambda s: s.success.count),
    "nv_inference_count": ("Number of inferences performed (does not include cached requests)", lambda s: s.inferences),
    "nv_inference_exec_count": ("Number of model executions performed", lambda s: s.executions),
    "nv_inference_request_duration_us": ("Cumulative inference request duration", lambda s: s.success.ns // 1000),
    "nv_inference_queue_duration_us": ("Cumulative inference queuing duration", lambda s: s.queue.ns // 1000),
    "nv_inference_compute_input_duration_us": (
        "Cumulative compute input duration",
        lambda s: s.compute_input.ns // 1000,
    ),
    "nv_inference_compute_infer_duration_us": (
        "Cumulative compute inference duration",
        lambda s: s.compute_infer.ns // 1000,
    ),
    "nv_inference_compute_output_duration_us": (
        "Cumulative inference compute output duration",
        lambda s: s.compute_output.ns // 1000,
    ),
}


def render(loaded: Iterable[Loaded]) -> bytes:
    """The metrics as text."""
    serving = list(loaded)
    lines: list[str] = []
    for name, (told, reading) in COUNTERS.items():
        samples = [f"{name}{_labels(one)} {reading(one.model.statistics)}" for one in serving]
        lines += _family(name, told, "counter", samples)
    name = "nv_inference_request_failure"
    samples = [
        f"{name}{_labels(one, reason)} {one.model.statistics.failures[reason]}" for one in serving for reason in REASONS
    ]
    lines += _family(name, "Number of failed inference requests", "counter", samples)
    name = "nv_inference_pending_request_count"
    samples = [f"{name}{_labels(one)} {one.runner.waiting}" for one in serving]
    lines += _family(name, "Instantaneous number of pending requests awaiting execution per-model", "gauge", samples)
    return ("\n".join(lines) + "\n").encode() + generate_latest()


def _family(name: str, told: str, kind: str, samples: list[str]) -> list[str]:
    return [f"# HELP {name} {told}", f"# TYPE {name} {kind}", *samples]


def _labels(loaded: Loaded, reason: str = "") -> str:
    # A model's name is the name of a folder, which may hold anything.
    name = loaded.model.config.name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    why = f'reason="{reason}",' if reason else ""
    return f'{{model="{name}",{why}version="{loaded.model.version}"}}'
