"""Whether the server answers, and whether it may be told what to load."""

from dataclasses import dataclass

from services.inference.errors import unavailable


@dataclass
class ServerState:
    """Written by the composition root and the end of the process, read by both servers."""

    model_control: bool
    ready: bool = False

    def check_control(self) -> None:
        """Refuses loading and unloading where the folder alone decides.

        Raises:
            InferenceError: the model control mode is not explicit.
        """
        if not self.model_control:
            raise unavailable(
                "explicit model load / unload is not allowed if polling is enabled or model control is none"
            )
