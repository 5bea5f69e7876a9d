"""What the simulated shop sells."""

from trainers.simulator.catalogue.kinds import KINDS, Kind
from trainers.simulator.catalogue.products import SimulatedProduct, make_products

__all__ = ["KINDS", "Kind", "SimulatedProduct", "make_products"]
