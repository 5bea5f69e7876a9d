"""Field masks: a mask in JSON names fields as JSON does."""

import re

CAMEL = re.compile(r"(?<=[a-z])([A-Z])")


def snake(path: str) -> str:
    """The name in the contract.

    >>> snake("ageLimit")
    'age_limit'
    """
    return CAMEL.sub(lambda upper: f"_{upper[1].lower()}", path)
