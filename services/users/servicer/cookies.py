"""A browser's refresh token, in a cookie that no script can read."""

import time
from http.cookies import CookieError, SimpleCookie
from typing import Any

from aisle.users.v1 import session_service_pb2 as pb

from services.kit import context

NAME = "aisle_session"
# Strict: no other site makes a browser send it. Of our own pages, only calls of the API need it.
ATTRIBUTES = "Path=/v1; HttpOnly; SameSite=Strict"


def read(grpc_context: Any) -> str:
    """The refresh token that the caller's browser sent; empty without one."""
    try:
        morsel = SimpleCookie(_metadata(grpc_context).get("cookie", "")).get(NAME)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def keep(grpc_context: Any, session: pb.Session) -> pb.Session:
    """The session without its refresh token, which the answer puts into the cookie."""
    _set(grpc_context, session.refresh_token, session.refresh_expire_time.ToSeconds() - int(time.time()))
    session.refresh_token = ""
    return session


def clear(grpc_context: Any) -> None:
    """Takes the cookie away."""
    _set(grpc_context, "", 0)


def _set(grpc_context: Any, value: str, seconds: int) -> None:
    # Over plain HTTP a browser would drop a secure cookie, except on its own machine.
    secure = "; Secure" if _metadata(grpc_context).get("x-forwarded-proto") == "https" else ""
    context.set_response_header("set-cookie", f"{NAME}={value}; Max-Age={seconds}; {ATTRIBUTES}{secure}")


def _metadata(grpc_context: Any) -> dict[str, str]:
    return {key: value for key, value in grpc_context.invocation_metadata() or () if isinstance(value, str)}
