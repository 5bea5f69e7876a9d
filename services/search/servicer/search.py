"""SearchService."""

from functools import lru_cache
from typing import Any

from aisle.search.v1 import search_service_pb2 as pb
from aisle.search.v1.search_service_pb2_grpc import SearchServiceServicer

from services.kit import context, filters, paging
from services.search.ports import LexicalIndex
from services.search.servicer import messages
from services.search.use_cases import ordering, position
from services.search.use_cases.asking import Ask, Found
from services.search.use_cases.audience import Audience
from services.search.use_cases.measures import DEGRADED, SEARCHES, SUGGESTIONS, stage
from services.search.use_cases.products import SCHEMA, product_id
from services.search.use_cases.search import Search
from services.search.use_cases.searched import Searched
from services.search.use_cases.suggest import Suggest

# Shops send the same few filters again and again, and reading one takes milliseconds.
parse = lru_cache(maxsize=1024)(lambda text: filters.parse(text, SCHEMA))


class SearchServicer(SearchServiceServicer):
    """Parses, calls, renders."""

    def __init__(self, search: Search, suggest: Suggest, searched: Searched, index: LexicalIndex) -> None:
        self._search = search
        self._suggest = suggest
        self._searched = searched
        self._index = index

    async def Search(self, request: pb.SearchRequest, _: Any) -> pb.SearchResponse:
        with stage("total"):
            found = await self._search(_ask(request))
            token = paging.encode(found.following.to_json(), request) if found.following else ""
            with stage("render"):
                reply = messages.found(found, token, self._index)
        _count(request, found)
        if found.total and found.by_words and not request.page_token:
            self._searched.note(_shopper(), found.corrected or request.query)
        return reply

    async def Suggest(self, request: pb.SuggestRequest, _: Any) -> pb.SuggestResponse:
        size = paging.page_size(request.page_size, 8, 20)
        with stage("suggest"):
            own = await self._searched.own(_shopper())
            found = self._suggest(request.query, size, own, self._searched.popular, _audience(request))
        for suggestion in found:
            SUGGESTIONS.labels(suggestion.kind.value).inc()
        return pb.SuggestResponse(suggestions=map(messages.suggestion, found))


def _ask(request: pb.SearchRequest) -> Ask:
    return Ask(
        text=request.query,
        size=paging.page_size(request.page_size, 20, 100),
        shopper="" if request.disable_personalization else _shopper(),
        where=parse(request.filter),
        filter_text=request.filter,
        facets=tuple(request.facets),
        order=ordering.parse(request.order_by),
        after=position.from_json(paging.decode(request.page_token, request)),
        similar=product_id(request.similar_product),
        picture=request.image,
        picture_weight=request.image_weight if request.HasField("image_weight") else 0.5,
        verbatim=request.verbatim,
        audience=_audience(request),
    )


def _audience(request: pb.SearchRequest | pb.SuggestRequest) -> Audience:
    return Audience(request.region.upper(), request.age)


def _shopper() -> str:
    caller = context.principal()
    return caller.subject if caller and (caller.is_user or caller.is_visitor) else ""


def _count(request: pb.SearchRequest, found: Found) -> None:
    given = {"product": request.similar_product, "picture": request.image, "text": request.query}
    by = next((name for name, value in given.items() if value), "nothing")
    outcome = "fallback" if found.fallback else "found" if found.total else "nothing"
    SEARCHES.labels(by, outcome).inc()
    for part in found.degraded:
        DEGRADED.labels(part.value).inc()
