"""The gRPC services of recs."""
