"""Pictures: how they are named, and which widths are served."""

import hashlib
from dataclasses import dataclass

WIDTHS = (80, 160, 320, 640, 1280)
JPEG, WEBP = "image/jpeg", "image/webp"


@dataclass(frozen=True, slots=True)
class Picture:
    """A stored picture; width and height are as it is shown, that is after its orientation is applied."""

    id: str
    content_type: str
    width: int
    height: int

    @property
    def resized_type(self) -> str:
        """What its resized files are: PNG photographs are too large for a page, and WebP keeps transparency."""
        return JPEG if self.content_type == JPEG else WEBP


def picture_id(content: bytes) -> str:
    """The id of a picture: 128 bits of the SHA-256 of its bytes, so that equal bytes are one picture.

    >>> picture_id(b"")
    'e3b0c44298fc1c149afbf4c8996fb924'
    """
    return hashlib.sha256(content).hexdigest()[:32]


def served_width(asked: int) -> int:
    """The width on the ladder for the width that was asked for; 0, the original, stays 0.

    >>> [served_width(asked) for asked in (0, 1, 80, 81, 4096)]
    [0, 80, 80, 160, 1280]
    """
    if asked <= 0:
        return 0
    return next((width for width in WIDTHS if width >= asked), WIDTHS[-1])
