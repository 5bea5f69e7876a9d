"""Packages that only some baselines need."""

import importlib
from typing import Any


class MissingPackage(Exception):
    """A baseline needs what is not installed; the sentence says how to get it."""

    @classmethod
    def of(cls, package: str, model: str) -> "MissingPackage":
        """The error of a model that needs a package."""
        return cls(
            f"{model} needs the Python package {package}, which is not installed here. `make bench-quality` makes an "
            "environment that has it, in .venv/quality: run the command with .venv/quality/bin/python, or leave the "
            "model out."
        )


def needed(module: str, model: str) -> Any:
    """Imports a module.

    Raises:
        MissingPackage: it is not installed here.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingPackage.of(module.partition(".")[0], model) from error
