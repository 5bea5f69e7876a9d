"""Pictures made ready for encoders, in processes of their own."""

from dataclasses import asdict

from services.kit.pictures import WorkerPool, check
from services.search.domain.encoders import PictureEncoder

MODULE = "services.search.adapters.picture_worker"
SPEC = ("width", "height", "fit", "resample", "background")


class PreparedPictures:
    """services.search.ports.Pictures."""

    def __init__(self, workers: int, timeout_s: float, memory_mib: int) -> None:
        self._pool = WorkerPool(MODULE, workers, timeout_s, memory_mib)

    async def prepare(self, content: bytes, encoder: PictureEncoder) -> bytes:
        check(content)
        entries = asdict(encoder)
        _, pixels = await self._pool.ask({name: entries[name] for name in SPEC}, content)
        return pixels

    async def aclose(self) -> None:
        """Ends the workers."""
        await self._pool.aclose()
