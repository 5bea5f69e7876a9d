"""Item vectors of old releases, in a real index."""

import pytest

from tests.integration.recs.programs import Program
from tests.support.milvus import index_client
from trainers.release.errors import ReleaseError
from trainers.release.index import Index


def test_collections_that_are_there_are_dropped_and_the_others_stay(milvus: Program) -> None:
    uri = f"http://{milvus.address}"
    names = {f"old_items_r{number}" for number in (1, 2, 3)}
    with index_client(uri) as client:
        for name in names:
            client.create_collection(name, dimension=8)
    index = Index(uri)
    try:
        assert index.drop(["old_items_r1", "old_items_r2", "old_items_r9"]) == ["old_items_r1", "old_items_r2"]
        assert index.drop(["old_items_r1"]) == []
        with index_client(uri) as client:
            assert names & set(client.list_collections()) == {"old_items_r3"}
    finally:
        index.drop(names)


def test_an_index_that_does_not_answer_is_named() -> None:
    with pytest.raises(ReleaseError, match=r"127\.0\.0\.1:9 does not drop old item vectors"):
        Index("http://127.0.0.1:9").drop(["old_items_r1"])
