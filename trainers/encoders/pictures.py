"""Pictures as encoders see them: oriented, flattened, of one size. Search does the same, by the same spec."""

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
        OSError: it is no picture that Pillow can read.
    """
    with Image.open(BytesIO(source) if isinstance(source, bytes) else source) as image:
        return fit(image, spec)


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
