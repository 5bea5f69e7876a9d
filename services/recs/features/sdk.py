"""Loads Feast's SDK."""

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


def load() -> ModuleType:
    """The module `feast`."""
    with _without_torch(), _without_type_checks(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import feast
        import feast.types
    # It tells of every look at its registry.
    logging.getLogger("feast").setLevel(logging.WARNING)
    return feast


@contextmanager
def _without_torch() -> Iterator[None]:
    """Feast imports torch where it is installed, to give training data out as tensors. No service wants that: it
    takes 180 MB and a second of every start."""
    hidden = "torch" not in sys.modules
    if hidden:
        sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if hidden:
            del sys.modules["torch"]


@contextmanager
def _without_type_checks() -> Iterator[None]:
    """Feast has typeguard rewrite its classes when they are imported, so that arguments' types are checked at run time.

    That was more than half of a start, and what a service passes to Feast is checked by mypy.
    """
    import typeguard

    real = typeguard.typechecked
    typeguard.typechecked = _as_it_is
    try:
        yield
    finally:
        typeguard.typechecked = real


def _as_it_is(target: Any = None, **_: Any) -> Any:
    return _as_it_is if target is None else target
