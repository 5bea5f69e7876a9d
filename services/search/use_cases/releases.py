"""Registers releases and promotes them."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from services.kit import telemetry
from services.kit.errors import AisleError, AlreadyExists, FailedPrecondition, NotFound, Unavailable
from services.kit.pictures import PictureRefused
from services.search.domain.encoders import PictureEncoder, TextEncoder
from services.search.domain.releases import Release
from services.search.ports import Encoders, Pictures, Releases

TOLERANCE = 0.02
"""Largest difference of a number of a golden vector: processors round products of int8 in different ways."""
log = telemetry.logger("aisle.search.release")


class ManageReleases:
    """A release is one unit: it answers whole or not at all."""

    def __init__(self, releases: Releases, encoders: Encoders, pictures: Pictures) -> None:
        self._releases = releases
        self._encoders = encoders
        self._pictures = pictures

    async def get(self, number: int) -> Release:
        """The release.

        Raises:
            NotFound: there is none of that number.
        """
        found = await self._releases.get(number)
        if found is None:
            raise NotFound(f"searchReleases/{number}")
        return found

    async def page(self, below: int | None, limit: int) -> list[Release]:
        """Newest first."""
        return await self._releases.page(below, limit)

    async def create(self, release: Release) -> Release:
        """Registers a candidate.

        Raises:
            AlreadyExists: the number is taken.
        """
        added = await self._releases.add(release)
        if added is None:
            raise AlreadyExists(release.name)
        return added

    async def promote(self, number: int) -> Release:
        """Has the worker build collections with the release; it answers once they hold the whole catalogue.

        Raises:
            NotFound: there is none of that number.
            FailedPrecondition: its models are not ready or compute something else than its golden rows.
            Unavailable: the inference server cannot be asked.
        """
        release = await self.get(number)
        try:
            problem = await self._problem(release)
        except AisleError:
            raise
        except Exception as error:
            log.warning("release not checked", release=number, why=f"{type(error).__name__}: {error}"[:300])
            raise Unavailable("The models cannot be asked at the moment.", retry_after=2.0) from None
        if problem:
            raise FailedPrecondition(
                f"{release.name} is not fit to answer: {problem}.", reason="RELEASE_NOT_READY", name=release.name
            )
        return await self._releases.promote(number)

    async def _problem(self, release: Release) -> str:
        for space in release.spec.spaces.values():
            for encoder in (space.text, space.picture):
                if encoder is None:
                    continue
                if problem := await self._unready(encoder):
                    return problem
                rows = release.spec.golden.get(encoder.model, ())
                if rows and (problem := await self._differs(encoder, rows)):
                    return problem
        return ""

    async def _unready(self, encoder: TextEncoder | PictureEncoder) -> str:
        found = await self._encoders.shapes(encoder.model, encoder.version)
        model = f"version {encoder.version} of {encoder.model}"
        if isinstance(encoder, TextEncoder):
            try:
                self._encoders.tokens(encoder, "a")
            except ValueError as error:
                return f"{encoder.model}: {error}"
        if found is None:
            return f"{model} is not ready on the inference server"
        inputs = {"input_ids", "attention_mask"} if isinstance(encoder, TextEncoder) else {"pixels"}
        for name in sorted({*inputs, "vector"} - set(found)):
            return f"{name} of {model} is missing"
        if found["vector"] not in ((encoder.dimension,), (-1,)):
            return f"vector of {model} has shape {list(found['vector'])}, and should have [{encoder.dimension}]"
        return ""

    async def _differs(self, encoder: TextEncoder | PictureEncoder, rows: Sequence[Mapping[str, Any]]) -> str:
        try:
            if isinstance(encoder, TextEncoder):
                return await self._texts(encoder, rows)
            return await self._golden_pictures(encoder, rows)
        except (KeyError, TypeError, ValueError):
            return f"the golden rows of {encoder.model} cannot be read"

    async def _texts(self, encoder: TextEncoder, rows: Sequence[Mapping[str, Any]]) -> str:
        texts = [str(row["text"]) for row in rows]
        for text, row in zip(texts, rows, strict=True):
            if self._encoders.tokens(encoder, text) != list(row["input_ids"]):
                return f"{encoder.model} was trained with other tokens of {text[:40]!r}"
        return _compared(encoder.model, rows, await self._encoders.texts(encoder, texts))

    async def _golden_pictures(self, encoder: PictureEncoder, rows: Sequence[Mapping[str, Any]]) -> str:
        prepared = []
        for row in rows:
            try:
                pixels = await self._pictures.prepare(base64.b64decode(row["picture"], validate=True), encoder)
            except PictureRefused as error:
                return f"a golden picture of {encoder.model} cannot be read: {error}"
            if hashlib.sha256(pixels).hexdigest() != row["pixels_sha256"]:
                return f"{encoder.model} was trained with other pixels of a picture"
            prepared.append(pixels)
        return _compared(encoder.model, rows, await self._encoders.pixels(encoder, prepared))


def _compared(model: str, rows: Sequence[Mapping[str, Any]], found: np.ndarray[Any, Any]) -> str:
    difference = float(np.abs(np.array([row["vector"] for row in rows]) - found).max())
    if difference <= TOLERANCE:
        return ""
    return f"{model} computes other vectors than it was published with: they differ by up to {difference:.2g}"
