"""Metrics and spans of the stages."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from opentelemetry import trace
from prometheus_client import Counter, Gauge, Histogram

from services.kit import telemetry

STAGE_SECONDS = Histogram(
    "aisle_recs_stage_seconds",
    "Where the time of a recommendation goes.",
    ["stage"],
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1),
)
FAILURES = Counter("aisle_recs_part_failures_total", "Calls of a part that failed or took too long.", ["part"])
DEGRADED = Counter("aisle_recs_degraded_total", "Recommendations that a part was missing from.", ["part"])
RESULTS = Counter("aisle_recs_results_total", "Products recommended, by what found them.", ["retriever"])
EVENTS = Counter("aisle_recs_events_total", "Events stored for the first time.", ["how"])
FEATURE_LAG = Gauge("aisle_recs_feature_lag_seconds", "Age of the oldest event that is not in the features yet.")
FEATURE_SECONDS = Histogram(
    "aisle_recs_feature_update_seconds",
    "From the notification of an event to the features that hold it.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)
FEATURES_PUSHED = Gauge(
    "aisle_recs_feature_newest_timestamp_seconds",
    "When a view's newest value was pushed, in seconds since 1970; its age is time() less this.",
    ["view"],
)
FEATURE_ROWS_TIME = Gauge(
    "aisle_recs_feature_rows_newest_timestamp_seconds",
    "Time of the newest value in the file behind a view, in seconds since 1970.",
    ["view"],
)
FEATURE_DRIFT = Gauge(
    "aisle_recs_feature_drift_psi",
    "Population stability index of a feature against what the promoted release learned from; 0.25 is a lot.",
    ["view", "feature"],
)
BATCH_SECONDS = Gauge("aisle_recs_batch_seconds", "How long the last run of a batch command took.", ["command"])
BATCH_DONE = Gauge("aisle_recs_batch_success_timestamp_seconds", "When a batch command last succeeded.", ["command"])
BATCH_FAILURES = Counter("aisle_recs_batch_failures_total", "Runs of a batch command that failed.", ["command"])
INDEXED = Counter("aisle_recs_indexed_total", "Products written to the index or removed from it.", ["what"])
UNENCODED = Counter(
    "aisle_recs_unencoded_total", "Products placed without the vector of an encoder whose version is gone.", ["encoder"]
)
RECONCILED = Counter("aisle_recs_reconciled_total", "Differences between index and catalogue that were mended.")


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Times a stage, and shows it in the trace if there is one."""
    started = time.perf_counter()
    # A span costs as much as a stage's own work does, also where nobody collects it.
    traced = not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
    with telemetry.tracer().start_as_current_span(f"recs.{name}") if traced else nullcontext():
        try:
            yield
        finally:
            STAGE_SECONDS.labels(name).observe(time.perf_counter() - started)
