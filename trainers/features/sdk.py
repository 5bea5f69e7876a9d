"""Loads Feast's SDK."""

import warnings
from types import ModuleType
from typing import Any


def load() -> ModuleType:
    """The module `feast`.

    Feast has typeguard rewrite its classes when they are imported, so that arguments' types are checked at run time.
    That was 4.7 of 7.8 s.
    """
    import typeguard

    real = typeguard.typechecked
    typeguard.typechecked = _as_it_is
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import feast
    finally:
        typeguard.typechecked = real
    return feast


def _as_it_is(target: Any = None, **_: Any) -> Any:
    return _as_it_is if target is None else target
