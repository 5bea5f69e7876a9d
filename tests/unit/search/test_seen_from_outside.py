"""What a search says of the parts that it lacks, and of the time that it takes."""

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.search.ports import Tower
from services.search.use_cases.asking import Ask
from services.search.use_cases.guards import Degradation
from tests.unit.search.test_search import Gone, Recommender, catalogue, search_over


async def test_a_recommender_that_never_answered_is_said_to_those_whom_it_may_know() -> None:
    class Away(Recommender):
        async def tower(self) -> Tower | None:
            raise Gone

    search = await search_over(Away(), catalogue())
    found = await search(Ask("lamp", 10, shopper="visitors/v"))
    assert found.degraded == {Degradation.PERSONALIZATION}
    assert len(found.results) == 3
    for ask in (Ask("lamp", 10), Ask("lamp", 10, shopper="visitors/v", order=("price", False))):
        assert not (await search(ask)).degraded


async def test_a_recommender_without_a_release_lacks_nothing() -> None:
    class Fresh(Recommender):
        async def tower(self) -> Tower | None:
            return None

    search = await search_over(Fresh(), catalogue())
    assert not (await search(Ask("lamp", 10, shopper="visitors/v"))).degraded


async def test_a_search_shows_its_stages_in_the_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    provider, spans = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    search = await search_over(Recommender({"visitors/v": ["lamp-1"]}), catalogue())
    # The provider of the whole process can be named once: other tests have none.
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    await search(Ask("lamp", 10, shopper="visitors/v"))
    names = {span.name for span in spans.get_finished_spans()}
    assert names == {"search.lexical", "search.user_vector", "search.item_vectors", "search.page"}
