"""The merchant, as whom a mesh is filled: logged in once for all of it."""

import time

import grpc
from aisle.users.v1 import session_service_pb2, session_service_pb2_grpc

from local.errors import LogInRefusedError, MeshError
from local.processes import Mesh, addresses

TIMEOUT_S = 15.0
RENEW_S = 60.0
"""A token that ends within this is not used any more: importing and training take longer than one lasts."""


class Merchant:
    """The account that `users` made for the mesh's own merchant."""

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh
        self._token, self._expires = "", 0.0

    async def metadata(self) -> tuple[tuple[str, str], ...]:
        """What goes with a call; logs in where the token is about to end.

        Raises:
            LogInRefusedError: the merchant has another password, or too many wrong ones were tried.
            MeshError: users does not answer.
        """
        if time.time() > self._expires - RENEW_S:
            session = await self._log_in()
            self._token, self._expires = session.access_token, session.access_expire_time.seconds
        return (("authorization", f"Bearer {self._token}"),)

    async def _log_in(self) -> session_service_pb2.Session:
        credentials = self._mesh.credentials
        request = session_service_pb2.LogInRequest(email=credentials.admin_email, password=credentials.admin_password)
        async with grpc.aio.insecure_channel(addresses(self._mesh.ports.users[:1])) as channel:
            try:
                return await session_service_pb2_grpc.SessionServiceStub(channel).LogIn(request, timeout=TIMEOUT_S)
            except grpc.aio.AioRpcError as error:
                if error.code() == grpc.StatusCode.UNAUTHENTICATED:
                    raise LogInRefusedError(
                        f"{request.email} has another password than {credentials.admin_password_file} says. Write the "
                        "one it has into that file: imports and trainings log in with it."
                    ) from error
                said = f"The merchant cannot log in: {error.code().name}: {error.details()}"
                if error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED:
                    raise LogInRefusedError(said) from error
                raise MeshError(said) from error
