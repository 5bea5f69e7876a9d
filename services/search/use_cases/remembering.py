"""What was computed before, as much of it as there is room for."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def one(_: object) -> int:
    """Everything weighs the same."""
    return 1


class Remembered(Generic[K, V]):
    """The values used last.

    >>> squares = Remembered[int, int](2)
    >>> for number in (1, 2, 3):
    ...     squares.put(number, number * number)
    >>> squares.get(1), squares.get(3)
    (None, 9)
    """

    def __init__(self, room: int, weigh: Callable[[V], int] = one) -> None:
        """
        Args:
            room: what all values may weigh together.
            weigh: what a value weighs.
        """
        self._room = room
        self._weigh = weigh
        self._weight = 0
        self._values: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """The value; None when it was forgotten, or never there."""
        found = self._values.get(key)
        if found is not None:
            self._values.move_to_end(key)
        return found

    def put(self, key: K, value: V) -> None:
        """Remembers a value in the place of what was there, and forgets those that were not used for the longest."""
        if (before := self._values.pop(key, None)) is not None:
            self._weight -= self._weigh(before)
        self._values[key] = value
        self._weight += self._weigh(value)
        while self._weight > self._room and self._values:
            self._weight -= self._weigh(self._values.popitem(last=False)[1])

    def clear(self) -> None:
        """Forgets everything."""
        self._values.clear()
        self._weight = 0
