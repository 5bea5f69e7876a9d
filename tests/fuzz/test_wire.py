"""10,000 mutated messages over every RPC that is served, straight to the services: none breaks one, none leaks."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor

from tests.fuzz.mutations import Case, cases
from tests.fuzz.shop import SERVED, Callers, leaks, spilt
from tests.support import samples
from tests.support.mesh import RunningMesh

pytestmark = pytest.mark.mesh
CASES, SEED = 10_000, 20_261_125
AT_ONCE = 8
TIMEOUT_S = 30.0
# What the gateway would render as 5xx, and what says that somebody did not think of a case.
NEVER = {"UNKNOWN", "INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "DATA_LOSS"}


@dataclass
class Found:
    """What came back."""

    codes: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)
    """Calls that a handler answered well, by method."""
    wrong: list[str] = field(default_factory=list)

    def note(self, case: Case, code: str, said: bytes) -> None:
        """Counts an answer, and keeps what should not have come."""
        self.codes[code] += 1
        if code == "OK":
            self.reached[case.method.full_name] += 1
        # What a shop reads out to its callers may have any word that somebody wrote.
        reads = code == "OK" and case.method.name.startswith(("Get", "List")) and not case.method.server_streaming
        leaked = spilt(said) if reads else leaks(said, code == "OK")
        if code in NEVER or leaked:
            at = max(0, said.find(leaked[0]) - 150) if leaked else 0
            what = f"{code} {leaked or ''} {said[at : at + 300]!r}"
            self.wrong.append(f"{case.method.name} by {case.how}: {what} for {case.wire[:200].hex()}")


async def test_mutated_messages(mesh: RunningMesh, callers: Callers) -> None:
    methods = samples.served(*SERVED)
    before = {name: mesh.process(name).pid for name in (*SERVED, "recs-worker")}
    found = await call_all(mesh, callers, list(cases(methods, CASES, SEED, callers.known, callers.doomed)))
    print(f"\n{sum(found.codes.values())} messages over {len(methods)} RPCs: {dict(found.codes)}")
    assert found.wrong == [], "\n".join(found.wrong[:30])
    assert sum(found.codes.values()) == CASES
    # A fuzzer that never gets past the checks proves little.
    assert set(found.codes) >= {"OK", "INVALID_ARGUMENT"}
    assert len(found.reached) > len(methods) * 0.8, sorted({m.full_name for m in methods} - set(found.reached))
    assert {name: mesh.process(name).pid for name in before} == before, "a service died"


async def call_all(mesh: RunningMesh, callers: Callers, all_cases: list[Case]) -> Found:
    """Calls the services directly, a few at a time."""
    found = Found()
    channels = {name: grpc.aio.insecure_channel(mesh.addresses(name)[0]) for name in SERVED}
    waiting = iter(all_cases)

    async def work() -> None:
        for case in waiting:
            channel = channels[samples.domain(case.method)]
            found.note(case, *await call(channel, case, callers.header(case.method)))

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    for channel in channels.values():
        await channel.close()
    return found


async def call(channel: grpc.aio.Channel, case: Case, authorization: str) -> tuple[str, bytes]:
    """Code and everything readable of the answer."""
    metadata = (("authorization", authorization),)
    try:
        if case.method.server_streaming:
            return "OK", b"".join([part async for part in stream(channel, case.method, case.wire, metadata)])
        answer = await channel.unary_unary(samples.path(case.method))(case.wire, metadata=metadata, timeout=TIMEOUT_S)
        return "OK", answer
    except grpc.aio.AioRpcError as error:
        trailing = [v if isinstance(v, bytes) else str(v).encode() for _, v in error.trailing_metadata() or ()]
        return error.code().name, b" ".join([(error.details() or "").encode(), *trailing])


def stream(
    channel: grpc.aio.Channel, method: MethodDescriptor, wire: bytes, metadata: tuple[tuple[str, str], ...]
) -> grpc.aio.UnaryStreamCall[bytes, bytes]:
    """The answers of a streaming method."""
    made = channel.unary_stream(samples.path(method))
    return made(wire, metadata=metadata, timeout=TIMEOUT_S)
