"""ProductService."""

from typing import Any

from aisle.catalog.v1 import product_service_pb2 as pb
from aisle.catalog.v1.product_pb2 import Product
from aisle.catalog.v1.product_service_pb2_grpc import ProductServiceServicer
from google.protobuf import empty_pb2

from services.catalog.servicer import imports, listing, messages, parsing
from services.catalog.servicer.parsing import Wrong
from services.catalog.use_cases.import_products import ImportProducts
from services.catalog.use_cases.products import ProductUseCases
from services.kit import paging, rendered
from services.kit.tail import Tail

PRODUCTS = pb.BatchGetProductsResponse.DESCRIPTOR.fields_by_name["products"]


class ProductServicer(ProductServiceServicer):
    """Parses, calls, renders."""

    def __init__(self, products: ProductUseCases, import_products: ImportProducts, tail: Tail) -> None:
        self._products = products
        self._import = import_products
        self._tail = tail

    async def GetProduct(self, request: pb.GetProductRequest, _: Any) -> Product:
        return await self._stored(parsing.last(request.name))

    async def BatchGetProducts(self, request: pb.BatchGetProductsRequest, _: Any) -> Any:
        ids = [parsing.last(name) for name in request.names]
        found = await self._products.batch_get(ids, request.allow_missing)
        return rendered.repeated(PRODUCTS, found)

    async def ListProducts(self, request: pb.ListProductsRequest, _: Any) -> pb.ListProductsResponse:
        query = listing.query(request.filter, request.order_by)
        after = paging.decode(request.page_token, request)
        size = paging.page_size(request.page_size, 50, 1000)
        found, following, total = await self._products.page(query, after, size)
        token = paging.encode(dict(following), request) if following else ""
        products = map(Product.FromString, found)
        return pb.ListProductsResponse(products=products, next_page_token=token, total_size=total)

    async def CreateProduct(self, request: pb.CreateProductRequest, _: Any) -> Product:
        try:
            details = parsing.details(request.product)
        except Wrong as wrong:
            raise parsing.invalid(wrong) from None
        key = parsing.request_key(request, "CreateProduct")
        stock = request.product.stock_quantity
        return Product.FromString(await self._products.create(request.product_id, details, stock, key))

    async def UpdateProduct(self, request: pb.UpdateProductRequest, _: Any) -> Product:
        product_id = parsing.required_id(request.product.name, "product.name")
        try:
            mask = request.update_mask.paths
            changed = await parsing.changed(request.product, mask, lambda: self._stored(product_id))
        except Wrong as wrong:
            raise parsing.invalid(wrong) from None
        return Product.FromString(await self._products.update(product_id, changed, request.product.etag))

    async def DeleteProduct(self, request: pb.DeleteProductRequest, _: Any) -> empty_pb2.Empty:
        await self._products.delete(parsing.last(request.name), request.etag)
        return empty_pb2.Empty()

    async def AdjustStock(self, request: pb.AdjustStockRequest, _: Any) -> Product:
        key = parsing.request_key(request, "AdjustStock")
        rendered = await self._products.adjust_stock(parsing.last(request.name), request.delta, key)
        return Product.FromString(rendered)

    async def ImportProducts(self, request: pb.ImportProductsRequest, _: Any) -> pb.ImportProductsResponse:
        good, refused = imports.products(request.rows)
        outcome = await self._import(good)
        refusals = imports.refusals(pb.ImportProductsResponse.Refusal, [*refused, *outcome.refused])
        return pb.ImportProductsResponse(**imports.counts(outcome), refusals=refusals)

    async def ListProductChanges(self, request: pb.ListProductChangesRequest, _: Any) -> pb.ListProductChangesResponse:
        size = paging.page_size(request.page_size, 500, 1000)
        found, cursor = await self._tail.page(
            lambda: self._products.changes(request.cursor, size), request.wait_seconds
        )
        changes = messages.changes(found)
        return pb.ListProductChangesResponse(changes=changes, next_cursor=cursor, more=len(found) == size)

    async def _stored(self, product_id: str) -> Product:
        (rendered,) = await self._products.batch_get([product_id], allow_missing=False)
        return Product.FromString(rendered)
