"""Why there is no new release. The release before goes on answering in every case."""

import grpc


class ReleaseError(Exception):
    """Something that a release needs is missing or does not work; the sentence says what, and what to do."""


class Unavailable(ReleaseError):
    """A part does not answer; it may be starting again."""


class Overtaken(ReleaseError):
    """Somebody decided otherwise while something was trained: nothing goes on by itself."""


class NothingNew(Exception):
    """There is nothing to learn yet."""


def of_call(what: str, address: str, error: grpc.RpcError) -> ReleaseError:
    """Says which service answered what."""
    code: grpc.StatusCode = error.code()
    if code is grpc.StatusCode.UNAVAILABLE:
        return Unavailable(f"{what}: nothing answers at {address}. Is the shop running (make status)?")
    if code is grpc.StatusCode.UNAUTHENTICATED:
        return ReleaseError(
            f"{what}: {address} refuses the log-in: {error.details()} Check --email and --password-file."
        )
    return ReleaseError(f"{what}: {address} answered {code.name}: {error.details()}")
