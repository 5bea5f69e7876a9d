"""Kinds and sizes of pictures that are taken."""

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 25_000_000
JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"


class PictureRefused(Exception):
    """The bytes are not a picture that the shop takes; the message says why."""
