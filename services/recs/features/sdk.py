"""Loads Feast's SDK."""

import logging
import sys
import warnings
from types import ModuleType


def load() -> ModuleType:
    """The module `feast`.

    Feast imports torch where it is installed, to give training data out as tensors. No service wants that: it takes
    180 MB and a second of every start, so torch is hidden from it meanwhile.
    """
    hidden = "torch" not in sys.modules
    if hidden:
        sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import feast
            import feast.types
    finally:
        if hidden:
            del sys.modules["torch"]
    # It tells of every look at its registry.
    logging.getLogger("feast").setLevel(logging.WARNING)
    return feast
