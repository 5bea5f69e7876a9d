"""What search measures."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from opentelemetry import trace
from prometheus_client import Counter, Gauge, Histogram

from services.kit import telemetry

STAGE_SECONDS = Histogram(
    "aisle_search_stage_seconds",
    "Where the time of a search goes.",
    ["stage"],
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1),
)
FAILURES = Counter("aisle_search_part_failures_total", "Calls of a part that failed or took too long.", ["part"])
DEGRADED = Counter("aisle_search_degraded_total", "Searches that a part was missing from.", ["part"])
SEARCHES = Counter("aisle_search_searches_total", "Searches answered.", ["by", "outcome"])
SUGGESTIONS = Counter("aisle_search_suggestions_total", "Completions given, by kind.", ["kind"])
PRODUCTS = Gauge("aisle_search_products", "Products that this replica finds.")
CHANGES = Counter("aisle_search_changes_total", "Changes of the catalogue that were taken in.", ["what"])
BEHIND_S = Gauge("aisle_search_feed_age_seconds", "Seconds since the change feed last answered.")
EMBEDDED = Counter("aisle_search_embedded_total", "Texts and pictures embedded for the index.", ["encoder"])
INDEXED = Counter("aisle_search_indexed_total", "Products written to a collection or removed from it.", ["what"])


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Times a stage, and shows it in the trace if there is one."""
    started = time.perf_counter()
    # A span costs as much as a stage's own work does, also where nobody collects it.
    traced = not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
    with telemetry.tracer().start_as_current_span(f"search.{name}") if traced else nullcontext():
        try:
            yield
        finally:
            STAGE_SECONDS.labels(name).observe(time.perf_counter() - started)
