"""What search says of itself: the metrics of a service that answers, read as a collector reads them."""

from collections import Counter
from collections.abc import AsyncIterator

import grpc
import httpx
import pytest
import pytest_asyncio
from aisle.search.v1 import search_service_pb2 as pb
from aisle.search.v1.search_service_pb2_grpc import SearchServiceStub
from prometheus_client.parser import text_string_to_metric_families

from services.kit import telemetry
from services.kit.server import start
from services.search.app import build
from tests.integration.search.conftest import Metadata, Shop, until
from tests.integration.search.encoders import COLOURS
from tests.integration.search.merchant import picture
from tests.support.postgres import free_port

pytestmark = pytest.mark.asyncio(loop_scope="session")
PERSONALIZATION = pb.SearchResponse.DEGRADATION_PERSONALIZATION
PREFIX = "aisle_search_"
Sample = tuple[str, tuple[str, ...]]
"""A metric's name without its beginning, and the values of its labels."""


class Measured:
    """A replica whose metrics can be read."""

    def __init__(self, address: str, channel: grpc.aio.Channel) -> None:
        self._address = address
        self.stub = SearchServiceStub(channel)

    async def read(self) -> Counter[Sample]:
        """All samples that are search's own."""
        async with httpx.AsyncClient(trust_env=False) as http:
            text = (await http.get(f"http://{self._address}/metrics")).raise_for_status().text
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        found = Counter[Sample]()
        for sample in samples:
            if sample.name.startswith(PREFIX):
                found[sample.name.removeprefix(PREFIX), tuple(sample.labels.values())] += sample.value  # type: ignore[assignment]
        return found

    async def search(self, who: Metadata = (), **fields: object) -> pb.SearchResponse:
        """Searches here."""
        return await self.stub.Search(pb.SearchRequest(**fields), metadata=who, timeout=20)


@pytest_asyncio.fixture(loop_scope="session")
async def measured(shop: Shop) -> AsyncIterator[Measured]:
    """Another replica beside the shop's."""
    address = f"127.0.0.1:{free_port()}"
    app = await build(shop.settings)
    telemetry.serve_metrics(address, app.resources)  # as services.kit.server.run does
    server = await start(app)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        made = Measured(address, channel)

        async def whole() -> bool:
            reply = await made.search(query="a")
            return bool(reply.results) and not reply.degraded

        await until(whole, 20, "the replica to answer")
        yield made
    await server.stop()


async def test_searches_are_counted_by_what_was_given_and_found(measured: Measured) -> None:
    before = await measured.read()
    await measured.search(query="oxford shirt")
    await measured.search(query="xylophone")
    await measured.search(query="xylophone", verbatim=True)
    await measured.search(image=picture(COLOURS["red"]))
    await measured.search(similar_product="products/shirt-2")
    await measured.search()
    await measured.stub.Suggest(pb.SuggestRequest(query="shir"), timeout=20)
    spent = await measured.read()
    spent.subtract(before)
    searches = {labels: count for (name, labels), count in spent.items() if name == "searches_total" and count}
    assert searches == {
        ("text", "found"): 1, ("text", "fallback"): 1, ("text", "nothing"): 1, ("picture", "found"): 1,
        ("product", "found"): 1, ("nothing", "found"): 1,
    }  # fmt: skip
    assert spent["suggestions_total", ("product",)] >= 1
    assert spent["stage_seconds_count", ("total",)] == spent["stage_seconds_count", ("render",)] == 6
    for stage in ("lexical", "encode_text", "prepare_picture", "encode_picture", "nearest", "meaning", "page"):
        assert spent["stage_seconds_count", (stage,)] >= 1, stage
        assert spent["stage_seconds_sum", (stage,)] > 0, stage


async def test_products_and_changes_are_counted(shop: Shop, measured: Measured) -> None:
    before = await measured.read()
    assert before["products", ()] == len(shop.merchant.ids)
    await shop.merchant.put("counted", "Umbrella")

    async def taken() -> bool:
        return (await measured.read())["products", ()] == len(shop.merchant.ids) + 1

    await until(taken, 10, "the product to be counted")

    async def embedded() -> bool:
        after = await measured.read()
        after.subtract(before)
        return after["indexed_total", ("put",)] >= 1 and after["embedded_total", ("sentence",)] >= 1

    await until(embedded, 10, "the worker to count it")
    await shop.merchant.delete("counted")


async def test_a_recommender_that_was_never_there_is_said_and_counted(shop: Shop, measured: Measured) -> None:
    _, visitor, _ = await shop.visitor()
    before = await measured.read()

    async def said() -> bool:
        return PERSONALIZATION in (await measured.search(visitor, query="shirt")).degraded

    await until(said, 10, "the recommender to be missed")
    spent = await measured.read()
    spent.subtract(before)
    assert spent["degraded_total", ("personalization",)] >= 1
    assert not (await measured.search(visitor, query="shirt", disable_personalization=True)).degraded
    assert not (await measured.search(query="shirt")).degraded
