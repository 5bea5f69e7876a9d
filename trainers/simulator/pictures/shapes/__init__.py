"""One drawing for each kind of product."""

from collections.abc import Callable, Mapping

from trainers.simulator.pictures.pen import Pen
from trainers.simulator.pictures.shapes import carry, desk, kitchen, play, rooms, wear

DRAWINGS: Mapping[str, Callable[[Pen], None]] = {
    **wear.DRAWINGS,
    **carry.DRAWINGS,
    **rooms.DRAWINGS,
    **kitchen.DRAWINGS,
    **play.DRAWINGS,
    **desk.DRAWINGS,
}
