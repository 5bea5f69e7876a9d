"""Errors with the codes that Triton answers."""

import grpc


class InferenceError(Exception):
    """What a caller gets instead of a result."""

    def __init__(self, code: grpc.StatusCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def invalid(message: str) -> InferenceError:
    """The request does not fit the model."""
    return InferenceError(grpc.StatusCode.INVALID_ARGUMENT, message)


def not_found(message: str) -> InferenceError:
    """There is no such model or version."""
    return InferenceError(grpc.StatusCode.NOT_FOUND, message)


def unavailable(message: str) -> InferenceError:
    """The model cannot answer now."""
    return InferenceError(grpc.StatusCode.UNAVAILABLE, message)


def unimplemented(message: str) -> InferenceError:
    """Triton can do this, and this server does not."""
    return InferenceError(grpc.StatusCode.UNIMPLEMENTED, message)
