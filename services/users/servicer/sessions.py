"""SessionService."""

from typing import Any

from aisle.users.v1 import session_service_pb2 as pb
from aisle.users.v1.session_service_pb2_grpc import SessionServiceServicer
from google.protobuf import empty_pb2

from services.kit import context
from services.users.ports import Signer
from services.users.servicer import cookies, messages
from services.users.use_cases.sessions import Exchange, LogIn, Sessions


class SessionServicer(SessionServiceServicer):
    """Parses, calls, renders."""

    def __init__(self, sessions: Sessions, log_in: LogIn, exchange: Exchange, signer: Signer) -> None:
        self._sessions = sessions
        self._log_in = log_in
        self._exchange = exchange
        self._signer = signer

    async def LogIn(self, request: pb.LogInRequest, grpc_context: Any) -> pb.Session:
        address = context.client_address()
        visitor = cookies.read(grpc_context) if request.cookie else request.visitor_refresh_token
        session = messages.session(await self._log_in(request.email, request.password, visitor, address))
        return cookies.keep(grpc_context, session) if request.cookie else session

    async def CreateVisitorSession(self, request: pb.CreateVisitorSessionRequest, _: Any) -> pb.Session:
        return messages.session(await self._sessions.visitor())

    async def RefreshSession(self, request: pb.RefreshSessionRequest, _: Any) -> pb.Session:
        return messages.session(await self._sessions.refresh(request.refresh_token))

    async def ResumeSession(self, request: pb.ResumeSessionRequest, grpc_context: Any) -> pb.Session:
        tokens = await self._sessions.resume(cookies.read(grpc_context))
        return cookies.keep(grpc_context, messages.session(tokens))

    async def LogOut(self, request: pb.LogOutRequest, grpc_context: Any) -> empty_pb2.Empty:
        await self._sessions.end(request.refresh_token or cookies.read(grpc_context))
        if not request.refresh_token:
            cookies.clear(grpc_context)
        return empty_pb2.Empty()

    async def ExchangeClientCredentials(self, request: pb.ExchangeClientCredentialsRequest, _: Any) -> pb.Session:
        address = context.client_address()
        return messages.session(await self._exchange(request.client_id, request.client_secret, address))

    async def GetJsonWebKeySet(self, request: pb.GetJsonWebKeySetRequest, _: Any) -> pb.JsonWebKeySet:
        context.add_response_header("cache-control", "public, max-age=10")
        return pb.JsonWebKeySet(keys=[pb.JsonWebKey(**key) for key in self._signer.published()])
