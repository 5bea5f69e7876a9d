"""The embedded server's calls are parts of their callers' traces."""

from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from tests.integration.inference.programs import inputs, scale_inputs
from tests.integration.inference.servers import Server, free_port
from tests.support import models
from tests.support.collector import SPAN, TRACE, TRACEPARENT, collecting

INFER = "/inference.GRPCInferenceService/ModelInfer"


def test_an_inference_is_a_span_of_its_callers_trace(tmp_path: Path) -> None:
    models.write(tmp_path / "repository", "m", models.SCALE, {1: models.scale(2.0)})
    port = free_port()
    server = Server("embedded", tmp_path / "repository", tmp_path / "log", collector=f"127.0.0.1:{port}")
    with collecting(port) as collector, server, InferenceServerClient(server.address) as client:
        client.infer("m", inputs(scale_inputs()), headers=dict([TRACEPARENT]))
        with pytest.raises(InferenceServerException):
            client.infer("none", inputs(scale_inputs()))
    good, bad = collector.of("aisle-inference", INFER)
    assert (good.trace_id.hex(), good.parent_span_id.hex()) == (TRACE, SPAN)
    assert (good.kind, good.status.code) == (Span.SPAN_KIND_SERVER, Status.STATUS_CODE_UNSET)
    assert (bad.parent_span_id, bad.status.code) == (b"", Status.STATUS_CODE_ERROR)
