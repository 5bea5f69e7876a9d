"""A product, and what may be written of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.catalog.domain.money import Money
from services.catalog.domain.picture import Picture

MAX_STOCK = 1_000_000_000
MAX_PICTURES = 64
NOT_REMEMBERED = -1
"""In place of what the last import said of the stock, for products of before that was remembered."""


@dataclass(frozen=True, slots=True)
class ProductDetails:
    """What a merchant writes of a product; its field names are the contract's."""

    title: str
    description: str = ""
    category: str | None = None
    """Id of the deepest category it stands in."""
    brand: str = ""
    price: Money | None = None
    list_price: Money | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    age_limit: int = 0
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Product:
    """A product as it stands in the shop."""

    id: str
    details: ProductDetails
    stock_quantity: int
    create_time: datetime
    update_time: datetime
    version: int
    """Differs between any two states of any products; what an etag is made of."""
    category_ids: tuple[str, ...] = ()
    category_path: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    rating: float = 0.0
    rating_count: int = 0
    imported_stock: int | None = None
    """What the last import that said anything of the stock said; None where none did."""

    @property
    def etag(self) -> str:
        """Changes with every write."""
        return f"{self.version:x}"


@dataclass(frozen=True, slots=True)
class ImportedProduct:
    """One good row of an import."""

    index: int
    """Its place in the request."""
    id: str
    details: ProductDetails
    stock_quantity: int
    category_path: tuple[str, ...] = ()
    """Display names from the root; wins over the category of the details."""
    create_time: datetime | None = None
    keep_stock: bool = False
    """The source says nothing of the stock: the quantity is that of a new product."""

    def in_category(self, category: str) -> "ImportedProduct":
        """The row with the category that its path leads to."""
        return replace(self, details=replace(self.details, category=category))

    def stock_after(self, product: Product) -> tuple[int, int | None]:
        """The product's stock, and what the last import said of it, once the row is written.

        The number that the import before said is no news: what was sold since stays sold.
        """
        if self.keep_stock or self.stock_quantity == product.imported_stock:
            return product.stock_quantity, product.imported_stock
        is_news = product.imported_stock != NOT_REMEMBERED
        return self.stock_quantity if is_news else product.stock_quantity, self.stock_quantity

    def same_as(self, product: Product) -> bool:
        """Whether writing the row would change nothing."""
        return (
            self.details == product.details
            and self.stock_after(product) == (product.stock_quantity, product.imported_stock)
            and self.create_time in (None, product.create_time)
        )


def stock_problem(quantity: int) -> str | None:
    """Says why a product cannot have that many units on hand; None when it can."""
    if quantity < 0:
        return "there is not that much in stock"
    return f"stock cannot go above {MAX_STOCK:,}" if quantity > MAX_STOCK else None


def problems(details: ProductDetails) -> list[tuple[str, str]]:
    """What is wrong with the details beyond the limits of single fields, as (field, description)."""
    found = []
    if not details.title.strip():
        found.append(("title", "must have a character that is not a space"))
    if details.list_price is not None:
        if details.price is None:
            found.append(("list_price", "needs a price beside it"))
        elif details.list_price.currency != details.price.currency:
            found.append(("list_price", "must be in the currency of price"))
    return found
