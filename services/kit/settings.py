"""Typed settings from the environment: what is missing or wrong stops the start with a sentence."""

import sys
from typing import TypeVar

import pydantic
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

S = TypeVar("S", bound="ServiceSettings")


class ServiceSettings(BaseSettings):
    """What every service can be told. A service's own class sets `env_prefix`, such as `AISLE_CATALOG_`."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    listen: str = Field("127.0.0.1:0", pattern=r"^.+:\d+$")
    """host:port of the gRPC server; port 0 takes any free one."""
    metrics_listen: str = Field("", pattern=r"^$|^.+:\d+$")
    """host:port of the Prometheus endpoint; none when empty."""
    log_level: str = Field("info", pattern=r"^(debug|info|warning|error)$")
    users_address: str = ""
    """host:port[,host:port] of the users service, which publishes the keys of access tokens."""
    max_concurrent: int = Field(64, ge=1)
    """Calls in work at once. More are refused at once: queueing them makes everyone late (370 against 86 good
    answers a second at twice the capacity)."""
    default_timeout_s: float = Field(5.0, gt=0)
    """For callers that name no deadline; a shopper has left by then."""
    longest_timeout_s: float = Field(60.0, gt=0)
    """For callers that name a longer one: nobody holds a place among the calls in work for hours. Imports and
    promotions are given as much by the gateway, and no single answer takes longer."""
    longest_stream_s: float = Field(3600.0, gt=0)
    """The same for calls with many answers: a training run reads every event there is in one."""
    drain_s: float = Field(2.0, ge=0)
    """Between saying NOT_SERVING and refusing calls, so that balancers notice: they ask every second."""
    stop_s: float = Field(10.0, gt=0)
    """For calls in work to finish when stopping."""
    otlp_endpoint: str = ""
    """host:port of an OpenTelemetry collector; no traces when empty."""


def load(settings_class: type[S]) -> S:
    """Reads the settings; exits with 2 and one sentence a variable that is missing or wrong."""
    try:
        return settings_class()
    except pydantic.ValidationError as error:
        prefix = settings_class.model_config.get("env_prefix", "")
        for problem in error.errors():
            name = f"{prefix}{'_'.join(str(part) for part in problem['loc'])}".upper()
            said = "is not set: set it" if problem["type"] == "missing" else f"is wrong: {problem['msg']}"
            print(f"{settings_class.__name__}: the environment variable {name} {said}.", file=sys.stderr)
        raise SystemExit(2) from None
