"""Encoders on the inference server, held to the golden rows of their release."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

from trainers.encoders import golden, pictures
from trainers.encoders.runtime import Vectors
from trainers.encoders.spec import PictureSpec, Spec, TextSpec, of_json
from trainers.release.errors import ReleaseError
from trainers.release.inference import INFER_S

TYPES = {"int64": "INT64", "uint8": "UINT8"}


class Served:
    """One version of an encoder on one replica, called as `runtime.Texts` and `runtime.Pictures` are."""

    def __init__(self, client: InferenceServerClient, spec: Spec, version: int) -> None:
        self.spec: Any = spec
        self._client, self._version = client, str(version)

    def ids(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Vectors:
        """Vectors of one batch of token ids."""
        return self._infer({"input_ids": ids, "attention_mask": mask})

    def pixels(self, batch: pictures.Pixels) -> Vectors:
        """Vectors of one batch of pictures."""
        return self._infer({"pixels": batch})

    def _infer(self, feeds: Mapping[str, NDArray[Any]]) -> Vectors:
        inputs = []
        for name, values in feeds.items():
            tensor = InferInput(name, list(values.shape), TYPES[values.dtype.name])
            tensor.set_data_from_numpy(values)
            inputs.append(tensor)
        outputs = [InferRequestedOutput("vector")]
        reply = self._client.infer(
            self.spec.model, inputs, model_version=self._version, outputs=outputs, client_timeout=INFER_S
        )
        vectors: Vectors = reply.as_numpy("vector")
        return vectors


def check(address: str, found: Mapping[str, Any], version: int) -> dict[str, float]:
    """Asks each replica for the golden rows; the largest difference by model.

    Raises:
        ParityError: they are too large.
        ReleaseError: a replica does not answer.
    """
    differences: dict[str, float] = {}
    for replica in address.split(","):
        client = InferenceServerClient(replica.strip())
        where = f"The inference server at {replica}"
        try:
            for model, entry in found["encoders"].items():
                spec, rows = of_json(entry), found["golden"][model]
                allowed = found["tolerance"][model]
                served: Any = Served(client, spec, version)
                if isinstance(spec, TextSpec):
                    difference = golden.check_texts(rows, served, where, allowed)
                else:
                    assert isinstance(spec, PictureSpec)
                    difference = golden.check_pictures(rows, served, where, allowed)
                differences[model] = max(difference, differences.get(model, 0.0))
        except InferenceServerException as error:
            raise ReleaseError(f"The inference server at {replica} does not answer: {error.message()}") from error
        finally:
            client.close()
    return differences
