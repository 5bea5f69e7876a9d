"""Pictures measured and resized, in processes of their own."""

from services.kit.pictures import WorkerPool

_FORMATS = {"image/jpeg": "JPEG", "image/webp": "WEBP"}
_MODULE = "services.catalog.adapters.picture_worker"


class DecoderPool:
    """services.catalog.ports.PictureDecoder."""

    def __init__(self, workers: int, timeout_s: float, memory_mib: int) -> None:
        self._pool = WorkerPool(_MODULE, workers, timeout_s, memory_mib)

    async def measure(self, content: bytes) -> tuple[int, int]:
        """Width and height as shown; decodes the whole picture."""
        header, _ = await self._pool.ask({"do": "measure"}, content)
        return int(header["width"]), int(header["height"])

    async def resize(self, content: bytes, width: int, content_type: str) -> bytes:
        """The picture at most that wide."""
        _, resized = await self._pool.ask({"do": "resize", "width": width, "format": _FORMATS[content_type]}, content)
        return resized

    async def aclose(self) -> None:
        """Ends the workers."""
        await self._pool.aclose()
