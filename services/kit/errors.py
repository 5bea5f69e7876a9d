"""Errors that a caller can act on. The class owns status code, reason and details; the chain renders them."""

from collections.abc import Sequence
from typing import ClassVar

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

DOMAIN = "aisle"
MOST_BYTES = 3_000
"""Of a Status. It travels in a trailer, base64, beside its message; peers take 8 KiB of trailers, and break calls
that bring more."""
MOST_TEXT = 400
"""Characters of any text in a Status. Authorisation comes before the limits of fields, so what is repeated from a
request may be of any length."""


class AisleError(Exception):
    """What a service answers instead of a result: a google.rpc.Status with an ErrorInfo."""

    code: ClassVar[grpc.StatusCode] = grpc.StatusCode.INTERNAL

    def __init__(self, message: str, *, reason: str, **metadata: str) -> None:
        super().__init__(message)
        self.message = shortened(message)
        self.reason = reason
        self.metadata = {key: shortened(value) for key, value in metadata.items()}

    def details(self) -> list[Message]:
        """What stands beside the ErrorInfo."""
        return []

    def status(self) -> status_pb2.Status:
        """The error as every client gets it."""
        info = error_details_pb2.ErrorInfo(reason=self.reason, domain=DOMAIN, metadata=self.metadata)
        packed = []
        for detail in (info, *self.details()):
            any_detail = any_pb2.Any()
            any_detail.Pack(detail)
            packed.append(any_detail)
        return status_pb2.Status(code=self.code.value[0], message=self.message, details=packed)


def shortened(text: str) -> str:
    """The text, cut where it is longer than a Status may repeat."""
    most = MOST_TEXT if text.isascii() else MOST_TEXT // 4
    return text if len(text) <= most else f"{text[:most]}..."


class InvalidArgument(AisleError):
    """The request is wrong whatever the state of the shop; names the fields at fault, as many as a Status holds."""

    code = grpc.StatusCode.INVALID_ARGUMENT

    def __init__(
        self,
        message: str,
        *,
        violations: Sequence[tuple[str, str]] = (),
        reason: str = "INVALID_ARGUMENT",
        **metadata: str,
    ) -> None:
        super().__init__(message, reason=reason, **metadata)
        self.violations = list(violations)

    @classmethod
    def field(cls, field: str, description: str) -> "InvalidArgument":
        """One field is wrong."""
        return cls(f"{field}: {description}", violations=[(field, description)])

    def details(self) -> list[Message]:
        """The fields at fault."""
        if not self.violations:
            return []
        bad, left = error_details_pb2.BadRequest(), MOST_BYTES // 2
        for field, description in self.violations:
            violation = bad.FieldViolation(field=shortened(field), description=shortened(description))
            left -= violation.ByteSize() + 2
            if left < 0:
                break
            bad.field_violations.append(violation)
        return [bad]


class _OfResource(AisleError):
    sentence: ClassVar[str]
    default_reason: ClassVar[str]

    def __init__(self, name: str, said: str = "") -> None:
        """
        Args:
            name: of the resource.
            said: what the sentence calls it where the name alone says too little.
        """
        super().__init__(self.sentence.format(name=said or name), reason=self.default_reason, name=name)
        self.name = name

    def details(self) -> list[Message]:
        kind = self.name.split("/")[-2] if "/" in self.name else ""
        return [error_details_pb2.ResourceInfo(resource_type=shortened(kind), resource_name=shortened(self.name))]


class NotFound(_OfResource):
    """The named resource does not exist."""

    code = grpc.StatusCode.NOT_FOUND
    sentence = "{name} was not found."
    default_reason = "RESOURCE_NOT_FOUND"


class AlreadyExists(_OfResource):
    """A resource of that name exists."""

    code = grpc.StatusCode.ALREADY_EXISTS
    sentence = "{name} exists already."
    default_reason = "RESOURCE_ALREADY_EXISTS"


class Aborted(AisleError):
    """Somebody else was faster: read again and repeat."""

    code = grpc.StatusCode.ABORTED

    def __init__(self, message: str, *, reason: str = "ETAG_MISMATCH", **metadata: str) -> None:
        super().__init__(message, reason=reason, **metadata)


class FailedPrecondition(AisleError):
    """The shop is not in the state that the call needs."""

    code = grpc.StatusCode.FAILED_PRECONDITION


class Unauthenticated(AisleError):
    """The caller did not prove who they are."""

    code = grpc.StatusCode.UNAUTHENTICATED

    def __init__(self, message: str, *, reason: str = "TOKEN_INVALID", **metadata: str) -> None:
        super().__init__(message, reason=reason, **metadata)


class PermissionDenied(AisleError):
    """The caller is known and may not do this."""

    code = grpc.StatusCode.PERMISSION_DENIED

    def __init__(self, message: str, *, reason: str = "PERMISSION_DENIED", **metadata: str) -> None:
        super().__init__(message, reason=reason, **metadata)


class _Retryable(AisleError):
    def __init__(self, message: str, *, reason: str, retry_after: float | None = None, **metadata: str) -> None:
        super().__init__(message, reason=reason, **metadata)
        self.retry_after = retry_after

    def details(self) -> list[Message]:
        if self.retry_after is None:
            return []
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(max(1, int(self.retry_after * 1000)))
        return [error_details_pb2.RetryInfo(retry_delay=delay)]


class ResourceExhausted(_Retryable):
    """Too much was asked for; `retry_after` (seconds) says when to come back."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED

    def __init__(self, message: str, *, retry_after: float, reason: str = "RATE_LIMITED", **metadata: str) -> None:
        super().__init__(message, reason=reason, retry_after=retry_after, **metadata)


class Unavailable(_Retryable):
    """A part that the call needs does not answer at the moment."""

    code = grpc.StatusCode.UNAVAILABLE

    def __init__(
        self, message: str, *, reason: str = "UNAVAILABLE", retry_after: float | None = None, **metadata: str
    ) -> None:
        super().__init__(message, reason=reason, retry_after=retry_after, **metadata)


class DeadlineExceeded(AisleError):
    """The caller's time ran out."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED

    def __init__(self) -> None:
        super().__init__("The call did not finish within its deadline.", reason="DEADLINE_EXCEEDED")


class Internal(AisleError):
    """A fault of ours. The cause is in the log under the request id, and never in the answer."""

    code = grpc.StatusCode.INTERNAL

    def __init__(self, request_id: str) -> None:
        super().__init__("Something went wrong on our side.", reason="INTERNAL", request_id=request_id)
