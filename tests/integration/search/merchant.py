"""A merchant with a small shop."""

import io
from typing import Any

import grpc
from aisle.catalog.v1 import category_service_pb2 as categories_pb
from aisle.catalog.v1 import picture_service_pb2 as pictures_pb
from aisle.catalog.v1 import product_service_pb2 as pb
from aisle.catalog.v1.category_service_pb2_grpc import CategoryServiceStub
from aisle.catalog.v1.picture_service_pb2_grpc import PictureServiceStub
from aisle.catalog.v1.product_pb2 import Product
from aisle.catalog.v1.product_service_pb2_grpc import ProductServiceStub
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money
from PIL import Image

from tests.integration.search.encoders import COLOURS

START = 1_700_000_000
CATEGORIES = (
    ("apparel", "Apparel", ""),
    ("shirts", "Shirts", "apparel"),
    ("dresses", "Dresses", "apparel"),
    ("footwear", "Footwear", ""),
    ("shoes", "Running Shoes", "footwear"),
)
# (id, title, category, brand, price, stock, colour, description)
PRODUCTS = (
    ("shoe-1", "Fell Runner Trail Shoe", "shoes", "Norr", 80, 5, "Blue", "Grips wet rock."),
    ("shoe-2", "City Canvas Shoe", "shoes", "Birk", 40, 5, "White", ""),
    ("shoe-3", "Marathon Shoe", "shoes", "Norr", 120, 0, "Red", ""),
    ("shirt-1", "Oxford Shirt", "shirts", "Birk", 35, 9, "Blue", "Of soft cotton."),
    ("shirt-2", "Linen Shirt", "shirts", "Wilma", 55, 9, "White", "Goes with blue jeans."),
    ("shirt-3", "Fleece Top", "shirts", "Norr", 60, 9, "Green", "For cold days."),
    ("shirt-4", "Navy Linen Shirt", "shirts", "Wilma", 50, 9, "Navy Blue", ""),
    ("dress-1", "Evening Gown", "dresses", "Wilma", 210, 2, "Red", ""),
    ("dress-2", "Summer Dress", "dresses", "Wilma", 70, 2, "Green", ""),
)


class Merchant:
    """Puts products into the catalogue and takes them out."""

    def __init__(self, address: str, metadata: tuple[tuple[str, str], ...]) -> None:
        self.address = address
        self._metadata = metadata
        self._channel = grpc.aio.insecure_channel(address)
        self._products = ProductServiceStub(self._channel)
        self._pictures = PictureServiceStub(self._channel)
        self.ids: set[str] = {product[0] for product in PRODUCTS}
        """Products of the furnished shop."""
        self._there: set[str] = set()

    async def furnish(self, pictures: bool = True) -> None:
        """Makes categories and products; with pictures, those have one whose colour the encoders know."""
        stub = CategoryServiceStub(self._channel)
        for item, name, parent in CATEGORIES:
            category = categories_pb.Category(
                display_name=name, parent_category=f"categories/{parent}" if parent else ""
            )
            request = categories_pb.CreateCategoryRequest(category=category, category_id=item)
            await stub.CreateCategory(request, metadata=self._metadata)
        await self.restore()
        for item, *_, colour, _ in PRODUCTS:
            if pictures and colour.lower() in COLOURS:
                await self.picture(item, picture(COLOURS[colour.lower()]))

    async def restore(self) -> None:
        """Brings the shop back to its furnished state."""
        for item in sorted(self._there - self.ids):
            await self.delete(item)
        rows = [_row(*product, number) for number, product in enumerate(PRODUCTS)]
        await self._import(rows)

    async def put(self, item: str, title: str, category: str = "shirts", **fields: Any) -> None:
        """Creates or changes a product."""
        values: dict[str, Any] = {"brand": "", "price": 10, "stock": 5, "colour": "", "description": "", **fields}
        await self._import([_row(item, title, category, number=len(self._there), **values)])

    async def fill(self, beginning: str, count: int, most: int = 500) -> None:
        """Creates many products without pictures, whose ids begin alike; `most` in one call."""
        for begin in range(0, count, most):
            numbers = range(begin, min(begin + most, count))
            await self._import([_row(f"{beginning}{n}", f"Shirt {n}", "shirts", "", 10, 5, "", "", n) for n in numbers])

    async def delete(self, item: str) -> None:
        """Removes a product."""
        request = pb.DeleteProductRequest(name=f"products/{item}")
        await self._products.DeleteProduct(request, metadata=self._metadata)
        self._there.discard(item)

    async def listed(self, where: str) -> set[str]:
        """What ListProducts keeps."""
        reply = await self._products.ListProducts(pb.ListProductsRequest(filter=where, page_size=1000))
        return {product.name.removeprefix("products/") for product in reply.products}

    async def picture(self, item: str, content: bytes) -> None:
        """Adds a picture to a product."""
        request = pictures_pb.CreatePictureRequest(parent=f"products/{item}", content=content)
        await self._pictures.CreatePicture(request, metadata=self._metadata)

    async def _import(self, rows: list[pb.ImportProductsRequest.Row]) -> None:
        reply = await self._products.ImportProducts(pb.ImportProductsRequest(rows=rows), metadata=self._metadata)
        assert not reply.refusals, reply.refusals
        self._there.update(row.product.name.removeprefix("products/") for row in rows)


def picture(colour: tuple[int, int, int], size: tuple[int, int] = (60, 80), kind: str = "PNG", **how: Any) -> bytes:
    """A picture of one colour."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind, **how)
    return file.getvalue()


def _row(
    item: str, title: str, category: str, brand: str, price: int, stock: int, colour: str, description: str, number: int
) -> pb.ImportProductsRequest.Row:
    product = Product(
        name=f"products/{item}",
        title=title,
        description=description,
        category=f"categories/{category}",
        brand=brand,
        price=Money(currency_code="EUR", units=price),
        stock_quantity=stock,
        attributes={"colour": colour} if colour else {},
    )
    return pb.ImportProductsRequest.Row(product=product, create_time=Timestamp(seconds=START + number))
