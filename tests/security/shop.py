"""The doors of a running shop, and people who knock at them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import httpx
from aisle.users.v1 import account_service_pb2 as accounts_pb
from aisle.users.v1 import session_service_pb2 as sessions_pb
from aisle.users.v1.account_service_pb2_grpc import AccountServiceStub
from aisle.users.v1.session_service_pb2_grpc import SessionServiceStub
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.rpc import status_pb2

from tests.support import samples
from tests.support.mesh import RunningMesh

PASSWORD = "a long password"
SERVED = ("catalog", "users", "recs", "search")
# Long enough for two busy cores; a call that hangs fails the test as DEADLINE_EXCEEDED.
TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Answer:
    """What came back, by whichever door."""

    code: str
    """Name of the gRPC status code."""
    body: bytes = b""
    message: str = ""
    http: int = 0

    @property
    def text(self) -> str:
        """Everything that a caller can read in it."""
        return f"{self.message} {self.body.decode(errors='replace')}"


@dataclass(frozen=True)
class Person:
    """Somebody with tokens."""

    subject: str
    access: str
    refresh: str
    email: str = ""

    @property
    def header(self) -> str:
        """Value of the `authorization` header."""
        return f"Bearer {self.access}"


class GrpcDoor:
    """A gRPC port."""

    def __init__(self, name: str, address: str, domains: tuple[str, ...]) -> None:
        self.name, self.address = name, address
        self.methods = samples.served(*domains)
        self.channel = grpc.insecure_channel(address)

    def call(self, method: MethodDescriptor, request: Message | bytes, authorization: str | None = None) -> Answer:
        """Calls a method; a stream is read to its end."""
        metadata = () if authorization is None else (("authorization", authorization),)
        sent = request if isinstance(request, bytes) else request.SerializeToString()
        try:
            if method.server_streaming:
                stream = self.channel.unary_stream(samples.path(method))
                return Answer("OK", b"".join(stream(sent, metadata=metadata, timeout=TIMEOUT_S)))
            answer = self.channel.unary_unary(samples.path(method))(sent, metadata=metadata, timeout=TIMEOUT_S)
            return Answer("OK", answer)
        except grpc.RpcError as error:
            details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
            return Answer(error.code().name, details, error.details() or "")


class RestDoor:
    """The gateway, spoken to in JSON."""

    def __init__(self, url: str, domains: tuple[str, ...]) -> None:
        self.name, self.address = "gateway REST", url
        self.methods = samples.served(*domains)
        self.client = httpx.Client(base_url=url, timeout=TIMEOUT_S, trust_env=False)

    def call(self, method: MethodDescriptor, request: Message | bytes, authorization: str | None = None) -> Answer:
        """Calls a method by its main HTTP rule."""
        message = request if isinstance(request, Message) else samples.sample(method.input_type)
        call = samples.rest(method, message)
        headers = {} if authorization is None else {"authorization": authorization}
        answer = self.client.request(call.verb, call.path, json=call.body, headers=headers)
        if answer.status_code == 200:
            return Answer("OK", answer.content, http=200)
        said = answer.json()
        code = next(c.name for c in grpc.StatusCode if c.value[0] == said["code"])
        assert set(said) <= {"code", "message", "details"}, said
        return Answer(code, answer.content, said.get("message", ""), answer.status_code)


Door = GrpcDoor | RestDoor


@dataclass
class Shop:
    """A running mesh as an attacker sees it, with what the operator of it knows."""

    mesh: RunningMesh
    doors: list[Door] = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = GrpcDoor("gateway gRPC", self.mesh.grpc_address, SERVED)
        self.rest = RestDoor(self.mesh.url, SERVED)
        direct = [GrpcDoor(name, self.mesh.addresses(name)[0], (name,)) for name in SERVED]
        self.doors = [self.gateway, self.rest, *direct]
        self.users = next(door.channel for door in direct if door.name == "users")
        self.accounts, self.sessions = AccountServiceStub(self.users), SessionServiceStub(self.users)

    def close(self) -> None:
        """Closes the connections."""
        for door in self.doors:
            door.client.close() if isinstance(door, RestDoor) else door.channel.close()

    def shopper(self, email: str) -> Person:
        """Signs somebody up."""
        request = accounts_pb.SignUpRequest(email=email, password=PASSWORD, display_name=f"Name of {email}")
        return _person(self.accounts.SignUp(request), email)

    def visitor(self) -> Person:
        """Somebody without an account."""
        return _person(self.sessions.CreateVisitorSession(sessions_pb.CreateVisitorSessionRequest()))

    def admin(self) -> Person:
        """The account that was made at the start."""
        known = self.mesh.credentials
        request = sessions_pb.LogInRequest(email=known.admin_email, password=known.admin_password)
        return _person(self.sessions.LogIn(request), known.admin_email)

    def merchant(self, email: str) -> Person:
        """Makes an account with the role merchant alone."""
        request = accounts_pb.CreateAccountRequest(account={"email": email, "roles": ["merchant"]}, password=PASSWORD)
        self.accounts.CreateAccount(request, metadata=(("authorization", self.admin().header),))
        return _person(self.sessions.LogIn(sessions_pb.LogInRequest(email=email, password=PASSWORD)), email)

    def published(self) -> list[dict[str, str]]:
        """The keys that tokens are verified with."""
        keys: list[dict[str, str]] = json.loads(self.rest.client.get("/.well-known/jwks.json").content)["keys"]
        return keys


def calls(doors: list[Door]) -> Iterator[tuple[Door, MethodDescriptor]]:
    """Every RPC by every door it can be reached through."""
    for door in doors:
        for method in door.methods:
            yield door, method


def details(answer: Answer) -> Any:
    """The google.rpc.Status of a gRPC answer."""
    return status_pb2.Status.FromString(answer.body)


def _person(session: Any, email: str = "") -> Person:
    return Person(session.subject, session.access_token, session.refresh_token, email)
