"""The gRPC services of the catalogue."""
