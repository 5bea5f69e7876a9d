"""Logs as JSON lines, Prometheus metrics, OpenTelemetry traces."""

import logging
import sys
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack

import structlog
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import Counter, Gauge, Histogram, start_http_server

from services.kit import context

CALLS = Counter("aisle_grpc_calls_total", "Calls answered.", ["service", "method", "code"])
SECONDS = Histogram(
    "aisle_grpc_call_seconds",
    "From the first byte of a call to its answer.",
    ["service", "method"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
IN_WORK = Gauge("aisle_grpc_calls_in_work", "Calls admitted and not yet answered.")
HEALTHY = Gauge("aisle_dependency_up", "Whether a dependency answers.", ["dependency"])

FLUSH_S = 2.0
"""For the last spans to reach the collector when a process stops: one that is away would hold it up for half a minute,
and it would be killed with what it has left to close."""

propagator = TraceContextTextMapPropagator()


def configure_logs(level: str) -> None:
    """Writes everything, libraries' logs included, to stdout as one JSON object a line."""
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_request_id,
        structlog.processors.format_exc_info,
    ]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *processors],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for chatty in ("httpx", "httpcore", "asyncio", "sqlalchemy.engine", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    _tame_pymilvus()
    structlog.configure(
        processors=[*processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _tame_pymilvus() -> None:
    """Its loggers have handlers of their own, which write text and not JSON."""
    for name in ("pymilvus", "pymilvus.milvus_client"):
        own = logging.getLogger(name)
        own.handlers.clear()
        own.propagate = True
        own.setLevel(logging.WARNING)
    # A traceback for each call that fails, and is raised as well: who called says what it means.
    logging.getLogger("pymilvus.decorators").setLevel(logging.CRITICAL)


def _add_request_id(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if request_id := context.request_id():
        event.setdefault("request_id", request_id)
    return event


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger whose lines carry the request id."""
    return structlog.stdlib.get_logger(name)


def tracer() -> trace.Tracer:
    """The tracer; it does nothing until traces are configured."""
    return trace.get_tracer("aisle")


def configure_traces(service: str, endpoint: str) -> Callable[[], None]:
    """Sends traces to a collector; returns what flushes and stops it. Nothing happens without an endpoint."""
    if not endpoint:
        return lambda: None
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: f"aisle-{service}"}))
    exporter = OTLPSpanExporter(endpoint=endpoint, insecure=True)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)

    def flush() -> None:
        limit = threading.Timer(FLUSH_S, exporter.shutdown)
        limit.start()
        provider.shutdown()
        limit.cancel()

    return flush


def serve_metrics(listen: str, resources: AsyncExitStack) -> None:
    """Serves /metrics until the resources close. Nothing happens without an address."""
    if not listen:
        return
    host, _, port = listen.rpartition(":")
    server, thread = start_http_server(int(port), host)

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    resources.callback(close)
