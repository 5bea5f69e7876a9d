"""Whether a caller may call a method: the access option of the contracts, enforced."""

from google.protobuf.message import Message

from services.kit.errors import InvalidArgument, PermissionDenied, Unauthenticated
from services.kit.policy import Level, MethodPolicy
from services.kit.principal import Principal

ROLES = {
    Level.LEVEL_MERCHANT: frozenset({"merchant", "admin", "service"}),
    Level.LEVEL_ADMIN: frozenset({"admin", "service"}),
    Level.LEVEL_SERVICE: frozenset({"service", "admin"}),
}
SEES_ALL = frozenset({"admin", "service"})
"""Who passes for the owner of anything."""


def authorize(policy: MethodPolicy, request: Message, principal: Principal | None) -> None:
    """Refuses a caller who may not call the method, and puts the caller's own name for `users/me`.

    Raises:
        Unauthenticated: the method needs a token and there is none.
        PermissionDenied: the caller lacks the role, or the named resource is somebody else's.
        InvalidArgument: the field that names the owner is empty.
    """
    if policy.level == Level.LEVEL_PUBLIC and not policy.owner_path:
        return
    if principal is None:
        if policy.level == Level.LEVEL_PUBLIC:
            return
        raise Unauthenticated("Send an access token as `authorization: Bearer <token>`.", reason="TOKEN_MISSING")
    _check_role(policy, principal)
    if policy.owner_path:
        _check_owner(policy, request, principal)


def _check_role(policy: MethodPolicy, principal: Principal) -> None:
    if policy.level == Level.LEVEL_USER and principal.is_visitor:
        raise PermissionDenied("This needs an account: sign up or log in.", reason="ACCOUNT_NEEDED")
    if (allowed := ROLES.get(policy.level)) is not None and not allowed & principal.roles:  # type: ignore[call-overload]
        raise PermissionDenied("The caller's roles do not allow this call.", reason="ROLE_MISSING", method=policy.name)


def _check_owner(policy: MethodPolicy, request: Message, principal: Principal) -> None:
    *parents, last = policy.owner_path
    holder = request
    for step in parents:
        holder = getattr(holder, step)
    name: str = getattr(holder, last)
    if not name:
        raise InvalidArgument.field(".".join(policy.owner_path), "must not be empty")
    collection, _, rest = name.partition("/")
    owner_id, slash, tail = rest.partition("/")
    if owner_id == "me":
        if principal.subject.partition("/")[0] != collection:
            raise PermissionDenied(f"The caller is not one of {collection}.", reason="NOT_OWNER", name=name)
        setattr(holder, last, f"{principal.subject}{slash}{tail}")
    elif f"{collection}/{owner_id}" != principal.subject and not SEES_ALL & principal.roles:
        raise PermissionDenied(f"{name} is not the caller's.", reason="NOT_OWNER", name=name)
