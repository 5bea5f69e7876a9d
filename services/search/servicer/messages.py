"""What search works with to messages."""

from aisle.search.v1 import search_service_pb2 as pb

from services.search.domain.highlight import highlighted
from services.search.ports import LexicalIndex
from services.search.use_cases.facets import Facet
from services.search.use_cases.guards import Degradation
from services.search.use_cases.search import Found
from services.search.use_cases.suggest import Kind, Suggestion

DEGRADATIONS = {part: pb.SearchResponse.Degradation.Value(f"DEGRADATION_{part.name}") for part in Degradation}
KINDS = {kind: pb.SuggestResponse.Kind.Value(f"KIND_{kind.name}") for kind in Kind}


def found(answer: Found, page_token: str, index: LexicalIndex) -> pb.SearchResponse:
    """The reply."""
    reply = pb.SearchResponse(
        next_page_token=page_token,
        total_size=answer.total,
        facets=map(facet, answer.facets),
        corrected_query=answer.corrected,
        fallback=answer.fallback,
        attribution_token=answer.attribution_token,
        degraded=sorted(DEGRADATIONS[part] for part in answer.degraded),
        release=f"searchReleases/{answer.release}" if answer.release else "",
        personalized=answer.personalized,
    )
    for product, score in zip(answer.products, answer.scores, strict=True):
        title = highlighted(product.title, answer.stems, index.stem)
        reply.results.add(product=product.name, details=product, highlighted_title=title, score=score)
    return reply


def facet(counted: Facet) -> pb.SearchResponse.Facet:
    """A facet."""
    message = pb.SearchResponse.Facet(field=counted.field)
    for value in counted.values:
        message.values.add(value=value.value, count=value.count, display_name=value.display_name)
    return message


def suggestion(completion: Suggestion) -> pb.SuggestResponse.Suggestion:
    """A completion."""
    return pb.SuggestResponse.Suggestion(
        kind=KINDS[completion.kind], text=completion.text, resource=completion.resource
    )
