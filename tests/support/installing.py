"""Installs what only some tests need. They skip where it cannot be had, and nowhere else."""

import platform
import sys
from collections.abc import Callable

from local.bootstrap import SetupError

PLATFORM = ("linux", "x86_64")
"""The only one that the wheels of the real Triton and the real Milvus are for."""
NO_NETWORK = ("client error (Connect)", "operation timed out", "network was disabled")
"""What uv says of an index that it cannot reach. A pin without a wheel, or a disk that is full, it says otherwise."""


def why_not(install: Callable[[], None]) -> str:
    """Installs; returns why it cannot be had here, or nothing.

    Raises:
        SetupError: it can be had and could not be installed.
    """
    if (sys.platform, platform.machine()) != PLATFORM:
        return f"there is no wheel for {sys.platform} on {platform.machine()}"
    try:
        install()
    except SetupError as error:
        if not any(sign in str(error) for sign in NO_NETWORK):
            raise
        return f"the package index cannot be reached: {error}"
    return ""
