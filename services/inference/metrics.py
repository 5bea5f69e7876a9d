"""What a Prometheus server reads: Triton's names for the models, Aisle's for the calls."""

from collections.abc import Callable, Iterable

from prometheus_client import generate_latest

from services.inference.model import Statistics
from services.inference.served import Loaded

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Reading = Callable[[Statistics], int]
# Durations in microseconds, as Triton gives them.
COUNTERS: dict[str, tuple[str, Reading]] = {
    "nv_inference_request_success": ("Number of successful inference requests", lambda s: s.success.count),
    "nv_inference_request_failure": ("Number of failed inference requests", lambda s: s.fail.count),
    "nv_inference_count": ("Number of inferences performed (does not include cached requests)", lambda s: s.inferences),
    "nv_inference_exec_count": ("Number of model executions performed", lambda s: s.executions),
    "nv_inference_request_duration_us": ("Cumulative inference request duration", lambda s: s.success.ns // 1000),
    "nv_inference_queue_duration_us": ("Cumulative inference queuing duration", lambda s: s.queue.ns // 1000),
    "nv_inference_compute_input_duration_us": ("Cumulative compute input duration", lambda s: 0),
    "nv_inference_compute_infer_duration_us": ("Cumulative compute inference duration", lambda s: s.compute.ns // 1000),
    "nv_inference_compute_output_duration_us": ("Cumulative inference compute output duration", lambda s: 0),
}


def render(loaded: Iterable[Loaded]) -> bytes:
    """The metrics as text."""
    serving = list(loaded)
    lines = []
    for name, (told, reading) in COUNTERS.items():
        lines += [f"# HELP {name} {told}", f"# TYPE {name} counter"]
        lines += [f"{name}{_labels(one)} {reading(one.model.statistics)}" for one in serving]
    name = "nv_inference_pending_request_count"
    lines += [f"# HELP {name} Instantaneous number of pending requests awaiting execution per-model."]
    lines += [f"# TYPE {name} gauge", *(f"{name}{_labels(one)} {one.runner.waiting}" for one in serving)]
    return ("\n".join(lines) + "\n").encode() + generate_latest()


def _labels(loaded: Loaded) -> str:
    # A model's name is the name of a folder, which may hold anything.
    name = loaded.model.config.name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{{model="{name}",version="{loaded.model.version}"}}'
