"""Pictures as encoders see them: oriented, flattened, of one size. Search does the same, by the same spec."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from trainers.encoders.spec import PictureSpec

Pixels = NDArray[np.uint8]
RESAMPLE = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}


def pixels(source: bytes | Path, spec: PictureSpec) -> Pixels:
    """Decodes one picture to [height, width, 3], RGB.

    Raises:
        OSError: it is no picture that Pillow can read; names the file.
    """
    with opened(source) as image:
        return fit(image, spec)


@contextmanager
def opened(source: bytes | Path) -> Iterator[Image.Image]:
    """A picture to decode.

    Raises:
        OSError: Pillow cannot read it, here or where it is decoded; names the file.
    """
    try:
        with Image.open(BytesIO(source) if isinstance(source, bytes) else source) as image:
            yield image
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        name = "The picture" if isinstance(source, bytes) else source
        raise OSError(f"{name} cannot be read as a picture: {error}") from error


def fit(image: Image.Image, spec: PictureSpec) -> Pixels:
    """Brings a decoded picture to the size of the spec."""
    flat = flatten(ImageOps.exif_transpose(image), spec.background)
    size = (spec.width, spec.height)
    resample = RESAMPLE[spec.resample]
    if spec.fit == "pad":
        made = ImageOps.pad(flat, size, method=resample, color=spec.background)
    else:
        made = flat.resize(size, resample)
    return np.asarray(made, dtype=np.uint8)


def flatten(image: Image.Image, background: tuple[int, int, int]) -> Image.Image:
    """RGB, with the background behind what lets light through."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        clear = image.convert("RGBA")
        flat = Image.new("RGB", image.size, background)
        flat.paste(clear, mask=clear.getchannel("A"))
        return flat
    return image.convert("RGB")
