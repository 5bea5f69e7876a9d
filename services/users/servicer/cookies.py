"""A browser's refresh token, in a cookie that no script can read, and a second one which says that it is there."""

import time
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from aisle.users.v1 import session_service_pb2 as pb

from services.kit import context
from services.kit.errors import PermissionDenied

NAME = "aisle_session"
# Strict: no other site makes a browser send it. Of our own pages, only calls of the API need it. It keeps no other site
# from making a browser take one, by a form that it posts to us: that is refused here.
ATTRIBUTES = "Path=/v1; HttpOnly; SameSite=Strict"
# Lives and ends with the first. A page without it need not wait for a session before it asks what anybody may.
KNOWN, KNOWN_ATTRIBUTES = "aisle_known", "Path=/; SameSite=Strict"


def read(grpc_context: Any) -> str:
    """The refresh token that the caller's browser sent; empty without one.

    Raises:
        PermissionDenied: a page of another site made the browser call.
    """
    metadata = _metadata(grpc_context)
    # Also before anything has happened, which an answer without its cookie would not undo.
    _refuse_other_sites(metadata)
    try:
        morsel = SimpleCookie(metadata.get("cookie", "")).get(NAME)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def keep(grpc_context: Any, session: pb.Session) -> pb.Session:
    """The session without its refresh token, which the answer puts into the cookie.

    Raises:
        PermissionDenied: a page of another site made the browser call.
    """
    _set(grpc_context, session.refresh_token, session.refresh_expire_time.ToSeconds() - int(time.time()))
    session.refresh_token = ""
    return session


def clear(grpc_context: Any) -> None:
    """Takes the cookie away.

    Raises:
        PermissionDenied: a page of another site made the browser call.
    """
    _set(grpc_context, "", 0)


def _set(grpc_context: Any, value: str, seconds: int) -> None:
    metadata = _metadata(grpc_context)
    _refuse_other_sites(metadata)
    # Over plain HTTP a browser would drop a secure cookie, except on its own machine.
    secure = "; Secure" if metadata.get("x-forwarded-proto") == "https" else ""
    for name, held, attributes in ((NAME, value, ATTRIBUTES), (KNOWN, value and "1", KNOWN_ATTRIBUTES)):
        context.add_response_header("set-cookie", f"{name}={held}; Max-Age={seconds}; {attributes}{secure}")


def _refuse_other_sites(metadata: Mapping[str, str]) -> None:
    if not _of_own_page(metadata):
        sentence = "The session's cookie is for the shop's own pages: from elsewhere, call without `cookie`."
        raise PermissionDenied(sentence, reason="FOREIGN_SITE", origin=metadata.get("origin", ""))


def _of_own_page(metadata: Mapping[str, str]) -> bool:
    """Whether no page of another site made a browser call. Who is no browser sends neither header."""
    if site := metadata.get("sec-fetch-site"):
        return site == "same-origin"
    # Over plain HTTP browsers say no site, except on their own machine; older ones never do.
    origin = metadata.get("origin")
    return origin is None or urlsplit(origin).netloc == metadata.get("x-forwarded-host")


def _metadata(grpc_context: Any) -> dict[str, str]:
    return {key: value for key, value in grpc_context.invocation_metadata() or () if isinstance(value, str)}
