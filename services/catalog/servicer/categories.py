"""CategoryService."""

from typing import Any

from aisle.catalog.v1 import category_service_pb2 as pb
from aisle.catalog.v1.category_service_pb2_grpc import CategoryServiceServicer
from google.protobuf import empty_pb2

from services.catalog.servicer import messages, parsing
from services.catalog.servicer.parsing import Wrong
from services.catalog.use_cases.categories import CategoryUseCases
from services.kit import paging
from services.kit.masks import written

FIXED = {"parent_category": ": it is fixed at creation"}


class CategoryServicer(CategoryServiceServicer):
    """Parses, calls, renders."""

    def __init__(self, categories: CategoryUseCases) -> None:
        self._categories = categories

    async def GetCategory(self, request: pb.GetCategoryRequest, _: Any) -> pb.Category:
        return await self._stored(parsing.last(request.name))

    async def ListCategories(self, request: pb.ListCategoriesRequest, _: Any) -> pb.ListCategoriesResponse:
        after = paging.decode(request.page_token, request)
        found, following = await self._categories.page(after, paging.page_size(request.page_size, 200, 1000))
        token = paging.encode(dict(following), request) if following else ""
        return pb.ListCategoriesResponse(categories=map(messages.category, found), next_page_token=token)

    async def CreateCategory(self, request: pb.CreateCategoryRequest, _: Any) -> pb.Category:
        given = request.category
        try:
            parent_id = parsing.category_id(given.parent_category, "category.parent_category")
        except Wrong as wrong:
            raise parsing.invalid(wrong) from None
        key = parsing.request_key(request, "CreateCategory")
        rendered = await self._categories.create(request.category_id, given.display_name, parent_id, key)
        return pb.Category.FromString(rendered)

    async def UpdateCategory(self, request: pb.UpdateCategoryRequest, _: Any) -> pb.Category:
        given, mask = request.category, request.update_mask.paths
        category_id = parsing.required_id(given.name, "category.name")
        fields = await written(given, mask, ["display_name"], lambda: self._stored(category_id), FIXED)
        name = given.display_name if fields else None
        return messages.category(await self._categories.update(category_id, name, given.etag))

    async def DeleteCategory(self, request: pb.DeleteCategoryRequest, _: Any) -> empty_pb2.Empty:
        await self._categories.delete(parsing.last(request.name), request.etag)
        return empty_pb2.Empty()

    async def _stored(self, category_id: str) -> pb.Category:
        return messages.category(await self._categories.get(category_id))
