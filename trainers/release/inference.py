"""Tells the inference server of new towers, and holds it to the golden rows."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tritonclient.grpc import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

from trainers.release.errors import ReleaseError, Unavailable
from trainers.release.model_repository import MODELS, RANKER

if TYPE_CHECKING:
    from trainers.ranker.golden import Golden as RankerGolden
    from trainers.two_tower.golden import Feeds, Golden

LOAD_S = 120.0
"""Of one load. A tower of 100,000 products loads in under a second; a GPU's first start takes longer."""
INFER_S = 30.0
READY_S = 5.0
TYPES = {"f": "FP32", "i": "INT64", "O": "BYTES"}
Differences = dict[str, float]


def load(address: str, models: Sequence[str] = MODELS, what: str = "towers") -> None:
    """Makes every replica look at the repository again.

    Raises:
        ReleaseError: a replica does not answer, or cannot load a model.
    """
    for replica in address.split(","):
        client = InferenceServerClient(replica.strip())
        try:
            for model in models:
                client.load_model(model, client_timeout=LOAD_S)
        except InferenceServerException as error:
            raise ReleaseError(
                f"The inference server at {replica} does not load the {what}: {error.message()}"
            ) from error
        finally:
            client.close()


def ready(address: str) -> None:
    """Asks every replica whether it is ready.

    Raises:
        Unavailable: one is not.
    """
    for replica in address.split(","):
        client = InferenceServerClient(replica.strip())
        try:
            if not client.is_server_ready(client_timeout=READY_S):
                raise Unavailable(f"The inference server at {replica} is not ready.")
        except InferenceServerException as error:
            raise Unavailable(f"The inference server at {replica} does not answer: {error.message()}") from error
        finally:
            client.close()


def reload_quietly(address: str, models: Sequence[str] = MODELS) -> None:
    """After the new version was removed again: forget it. If this fails, the server drops it at its next load."""
    with suppress(ReleaseError):
        load(address, models)


def check(address: str, number: int, rows: "Golden", ranker: "RankerGolden | None" = None) -> Differences:
    """Compares what each replica computes from the golden inputs with what torch computed; the largest differences.

    A release without a ranker has no rows of one.

    Raises:
        ParityError: they are too large.
        ReleaseError: a replica does not answer.
    """
    found: Differences = {}
    for replica in address.split(","):
        client = InferenceServerClient(replica.strip())
        try:
            for model, difference in _differences(client, number, rows, ranker, f"The inference server at {replica}"):
                found[model] = max(difference, found.get(model, 0.0))
        except InferenceServerException as error:
            raise ReleaseError(f"The inference server at {replica} does not answer: {error.message()}") from error
        finally:
            client.close()
    return found


def _differences(
    client: InferenceServerClient, number: int, rows: "Golden", ranker: "RankerGolden | None", where: str
) -> Iterator[tuple[str, float]]:
    # torch takes seconds to import, and who takes models away needs none of it.
    from trainers.ranker import golden as ranker_golden
    from trainers.ranker.export import OUTPUT
    from trainers.two_tower import golden

    for model, output in golden.OUTPUTS.items():
        found = _infer(client, rows.served(model), number, rows.inputs[model], output)
        yield model, golden.check(rows, model, found, where)
    if ranker is not None:
        scores = _infer(client, RANKER, number, ranker.inputs, OUTPUT)
        yield RANKER, ranker_golden.check(ranker, scores, where)


def _infer(client: InferenceServerClient, model: str, number: int, feeds: "Feeds", output: str) -> Any:
    inputs = []
    for name, values in feeds.items():
        tensor = InferInput(name, list(values.shape), TYPES[values.dtype.kind])
        tensor.set_data_from_numpy(values)
        inputs.append(tensor)
    outputs = [InferRequestedOutput(output)]
    answer = client.infer(model, inputs, model_version=str(number), outputs=outputs, client_timeout=INFER_S)
    return answer.as_numpy(output)
