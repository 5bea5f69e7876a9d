"""Noise for what stands beside the contracts on every server: health and reflection."""

import random
from collections import Counter

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from tests.fuzz.shop import SERVED
from tests.fuzz.test_wire import NEVER, TIMEOUT_S
from tests.support.mesh import RunningMesh

pytestmark = pytest.mark.mesh
EACH, SEED = 100, 20_261_125
CHECK = "/grpc.health.v1.Health/Check"
REFLECT = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
GOOD = {
    CHECK: health_pb2.HealthCheckRequest(service="aisle.users.v1.AccountService").SerializeToString(),
    REFLECT: reflection_pb2.ServerReflectionRequest(file_containing_symbol="aisle.users.v1").SerializeToString(),
}


def noisy(dice: random.Random, wire: bytes) -> bytes:
    """Something like the message, or nothing like it."""
    if dice.random() < 0.3:
        return dice.randbytes(dice.randint(0, 60))
    changed = bytearray(wire)
    for _ in range(dice.randint(1, 4)):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


async def test_noise(mesh: RunningMesh) -> None:
    addresses = {name: mesh.addresses(name)[0] for name in SERVED}
    addresses["recs-worker"] = f"127.0.0.1:{mesh.ports.recs_worker}"
    dice, codes, wrong = random.Random(SEED), Counter[str](), []
    for name, address in addresses.items():
        async with grpc.aio.insecure_channel(address) as channel:
            for number in range(EACH):
                path = (CHECK, REFLECT)[number % 2]
                wire = noisy(dice, GOOD[path])
                code = await ask(channel, path, wire)
                codes[code] += 1
                if code in NEVER:
                    wrong.append(f"{name} {path} {code} for {wire.hex()}")
            assert await ask(channel, CHECK, b"") == "OK"
    assert wrong == []
    assert set(codes) >= {"OK", "INVALID_ARGUMENT"}


async def ask(channel: grpc.aio.Channel, path: str, wire: bytes) -> str:
    """The code of one call."""
    try:
        if path == CHECK:
            await channel.unary_unary(path)(wire, timeout=TIMEOUT_S)
        else:
            async for _ in channel.stream_stream(path)(iter([wire]), timeout=TIMEOUT_S):
                pass
        return "OK"
    except grpc.aio.AioRpcError as error:
        return error.code().name
