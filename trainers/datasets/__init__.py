"""Products and events as arrays, read from any of the formats that Aisle knows."""

from trainers.datasets.errors import DataError
from trainers.datasets.read import read
from trainers.datasets.tables import CHOICES, KINDS, Encoder, Events, Products, Shop

__all__ = ["CHOICES", "KINDS", "DataError", "Encoder", "Events", "Products", "Shop", "read"]
