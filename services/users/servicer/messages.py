"""Domain to protobuf."""

from datetime import datetime

from aisle.users.v1 import account_service_pb2 as pb
from aisle.users.v1 import session_service_pb2 as sessions_pb
from google.protobuf.timestamp_pb2 import Timestamp

from services.users.domain import Account, Change, Preferences, Tokens


def account(value: Account) -> pb.Account:
    """An account as callers see it."""
    return pb.Account(
        name=value.name,
        email=value.email,
        display_name=value.display_name,
        roles=value.roles,
        create_time=_time(value.create_time),
        update_time=_time(value.update_time),
        etag=value.etag,
    )


def session(value: Tokens) -> sessions_pb.Session:
    """Tokens as callers get them."""
    return sessions_pb.Session(
        subject=value.subject,
        roles=value.roles,
        access_token=value.access_token,
        access_expire_time=_time(value.access_expire_time),
        refresh_token=value.refresh_token,
        refresh_expire_time=_time(value.refresh_expire_time),
    )


def preferences(value: Preferences) -> pb.Preferences:
    """Preferences as callers see them."""
    return pb.Preferences(
        name=f"users/{value.account_id}/preferences",
        categories=value.categories,
        update_time=_time(value.update_time),
    )


def change(value: Change) -> pb.ListAccountChangesResponse.Change:
    """A line of the change feed."""
    message = pb.ListAccountChangesResponse.Change(change_time=_time(value.change_time))
    if value.preferences is not None:
        message.preferences.CopyFrom(preferences(value.preferences))
    elif value.visitor:
        message.visitor_merge.visitor, message.visitor_merge.user = value.visitor, value.user
    else:
        message.erased_user = value.erased_user
    return message


def _time(value: datetime | None) -> Timestamp | None:
    if value is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(value)
    return stamp
