"""Errors with the codes that Triton answers."""

import grpc


class InferenceError(Exception):
    """What a caller gets instead of a result."""

    def __init__(self, code: grpc.StatusCode, message: str, reason: str = "BACKEND") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason
        """The label that the metrics count it under."""


def invalid(message: str) -> InferenceError:
    """The request does not fit the model."""
    return InferenceError(grpc.StatusCode.INVALID_ARGUMENT, message)


def not_found(message: str) -> InferenceError:
    """There is no such model or version."""
    return InferenceError(grpc.StatusCode.NOT_FOUND, message)


def unavailable(message: str) -> InferenceError:
    """The version cannot answer now."""
    return InferenceError(grpc.StatusCode.UNAVAILABLE, message)


def rejected(message: str) -> InferenceError:
    """The queue does not take the request, or gave it up."""
    return InferenceError(grpc.StatusCode.UNAVAILABLE, message, "REJECTED")


def unimplemented(message: str) -> InferenceError:
    """Triton can do this, and this server does not."""
    return InferenceError(grpc.StatusCode.UNIMPLEMENTED, message)


def internal(message: str) -> InferenceError:
    """The repository, or this server, is at fault and not the request."""
    return InferenceError(grpc.StatusCode.INTERNAL, message, "OTHER")
