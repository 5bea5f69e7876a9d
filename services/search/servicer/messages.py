"""Messages to what search works with, and back."""

from aisle.search.v1 import search_release_service_pb2 as releases_pb
from aisle.search.v1 import search_service_pb2 as pb

from services.kit.errors import InvalidArgument
from services.search.domain import encoders
from services.search.domain.highlight import highlighted
from services.search.domain.releases import Release, State
from services.search.ports import LexicalIndex
from services.search.use_cases.asking import Found
from services.search.use_cases.facets import Facet
from services.search.use_cases.guards import Degradation
from services.search.use_cases.suggest import Kind, Suggestion

DEGRADATIONS = {part: pb.SearchResponse.Degradation.Value(f"DEGRADATION_{part.name}") for part in Degradation}
STATES = {state: releases_pb.SearchRelease.State.Value(f"STATE_{state.name}") for state in State}
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
    for product, score in answer.results:
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


def release(message: releases_pb.SearchRelease, number: int) -> Release:
    """A release to register.

    Raises:
        InvalidArgument: its encoder specification cannot be read.
    """
    try:
        spec = encoders.parse(message.encoder_spec)
    except ValueError as error:
        raise InvalidArgument.field("search_release.encoder_spec", str(error)) from None
    return Release(
        number=number,
        encoder_spec=message.encoder_spec,
        spec=spec,
        report=message.report,
        data_fingerprint=message.data_fingerprint,
        state=State.CANDIDATE,
    )


def release_message(stored: Release) -> releases_pb.SearchRelease:
    """A registered release."""
    message = releases_pb.SearchRelease(
        name=stored.name,
        encoder_spec=stored.encoder_spec,
        report=stored.report,
        data_fingerprint=stored.data_fingerprint,
        state=STATES[stored.state],
    )
    times = (
        ("create_time", stored.create_time),
        ("promote_time", stored.promote_time),
        ("ready_time", stored.ready_time),
    )
    for name, time in times:
        if time is not None:
            getattr(message, name).FromDatetime(time)
    return message
