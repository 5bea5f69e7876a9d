"""Invented brands, each with a place in the market and a hand of its own."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Brand:
    """A brand."""

    name: str
    level: float
    """What it asks, as a multiple of the median price of a kind."""
    styles: tuple[str, ...]
    """The styles that it mostly makes."""
    departments: tuple[str, ...]


_WEAR = ("Apparel", "Shoes", "Bags")
_HOUSE = ("Home", "Kitchen", "Garden")
_PLAY = ("Toys", "Stationery")

BRANDS: tuple[Brand, ...] = (
    Brand("Everly & Oak", 0.75, ("classic", "rustic"), _WEAR),
    Brand("Fjellvik", 1.35, ("minimal", "sporty"), ("Apparel", "Shoes", "Bags", "Sports")),
    Brand("Maison Aubrel", 1.95, ("elegant", "classic"), (*_WEAR, "Beauty")),
    Brand("Pepperjack", 0.65, ("playful", "sporty"), ("Apparel", "Shoes")),
    Brand("Sol y Lino", 1.0, ("boho", "rustic"), ("Apparel", "Bags", "Home")),
    Brand("Northlane", 0.85, ("sporty", "minimal"), ("Shoes", "Sports", "Bags")),
    Brand("Ottoline", 1.5, ("retro", "elegant"), _WEAR),
    Brand("Kumo Works", 1.2, ("minimal", "playful"), ("Bags", "Stationery", "Electronics")),
    Brand("Halden Home", 0.8, ("minimal", "classic"), _HOUSE),
    Brand("Terra Fina", 1.1, ("rustic", "boho"), _HOUSE),
    Brand("Brass & Birch", 1.45, ("retro", "classic"), _HOUSE),
    Brand("Lumen Atelier", 1.9, ("elegant", "minimal"), ("Home", "Kitchen")),
    Brand("Pantry Lane", 0.65, ("playful", "rustic"), ("Kitchen", "Garden")),
    Brand("Greenhollow", 0.9, ("rustic", "boho"), ("Garden", "Beauty")),
    Brand("Tempo Athletics", 1.15, ("sporty", "playful"), ("Sports", "Apparel", "Shoes")),
    Brand("Basewell", 0.6, ("minimal", "sporty"), ("Sports", "Electronics")),
    Brand("Volta Nine", 1.6, ("minimal", "elegant"), ("Electronics",)),
    Brand("Radio Days", 1.1, ("retro", "playful"), ("Electronics",)),
    Brand("Nimbus Audio", 0.85, ("sporty", "minimal"), ("Electronics",)),
    Brand("Tumbletree", 0.8, ("playful", "rustic"), _PLAY),
    Brand("Little Harbour", 1.25, ("classic", "retro"), _PLAY),
    Brand("Papier Nord", 1.4, ("minimal", "elegant"), ("Stationery",)),
    Brand("Inkwell Row", 0.7, ("classic", "playful"), ("Stationery", "Toys")),
    Brand("Verbena", 0.75, ("boho", "rustic"), ("Beauty",)),
    Brand("Atelier Sève", 1.7, ("elegant", "minimal"), ("Beauty",)),
    Brand("Dune & Dew", 1.05, ("minimal", "boho"), ("Beauty", "Home")),
)
