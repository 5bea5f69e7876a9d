"""Pictures made ready for encoders, in processes of their own."""

from services.kit.encoders.kinds import PictureEncoder
from services.kit.pictures import WorkerPool, check

MODULE = "services.kit.encoders.picture_worker"
SPEC = ("width", "height", "fit", "resample", "background")


class PreparedPictures:
    """Decodes pictures, of strangers too, where they can do no harm."""

    def __init__(self, workers: int, timeout_s: float, memory_mib: int) -> None:
        self._pool = WorkerPool(MODULE, workers, timeout_s, memory_mib)

    async def prepare(self, content: bytes, encoder: PictureEncoder) -> bytes:
        """The picture in the encoder's size, RGB, height x width x 3 bytes.

        Raises:
            PictureRefused: it is none that is taken; says why.
        """
        check(content)
        _, pixels = await self._pool.ask({name: getattr(encoder, name) for name in SPEC}, content)
        return pixels

    async def aclose(self) -> None:
        """Ends the workers."""
        await self._pool.aclose()
