"""An Open Inference Protocol v2 server for ONNX models on CPU, over gRPC, reading a Triton model repository."""
