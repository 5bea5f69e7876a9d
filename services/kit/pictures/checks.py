"""What is taken for a picture."""

from services.kit.pictures import end, header
from services.kit.pictures.kinds import JPEG, MAX_BYTES, MAX_PIXELS, PNG, WEBP, PictureRefused

__all__ = ["JPEG", "MAX_BYTES", "MAX_PIXELS", "PNG", "WEBP", "PictureRefused", "check"]


def check(content: bytes) -> str:
    """The MIME type of a whole picture whose kind and size are taken. Nothing is decoded.

    Raises:
        PictureRefused: not a JPEG, PNG or WebP, larger than 8 MiB or 25 megapixels, truncated, or with something
            that is no picture behind its end.
    """
    content_type = header.check(content)
    end.check(content, content_type)
    return content_type
