"""What the inference server can be told."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.kit.settings import ServiceSettings


class InferenceSettings(ServiceSettings):
    """Read from `AISLE_INFERENCE_*`."""

    model_config = SettingsConfigDict(
        env_prefix="AISLE_INFERENCE_", frozen=True, extra="ignore", protected_namespaces=()
    )

    model_repository: Path
    """A folder of <model>/config.pbtxt and <model>/<version>/model.onnx."""
    model_control_mode: str = Field("explicit", pattern="^(none|explicit|poll)$")
    """none: what is there at the start; explicit: that, and what is loaded and unloaded by RPC; poll: what is there."""
    poll_s: float = Field(5.0, gt=0)
    threads: int = Field(2, ge=1)
    """Model executions at a time; each runs on one core."""
