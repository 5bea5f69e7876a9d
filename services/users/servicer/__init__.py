"""The gRPC side of the users service."""
