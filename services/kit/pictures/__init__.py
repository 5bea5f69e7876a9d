"""Pictures of strangers: header and end are read before they are decoded, in processes that may be killed."""

from services.kit.pictures.checks import JPEG, MAX_BYTES, MAX_PIXELS, PNG, WEBP, PictureRefused, check
from services.kit.pictures.workers import WorkerPool

__all__ = ["JPEG", "MAX_BYTES", "MAX_PIXELS", "PNG", "WEBP", "PictureRefused", "WorkerPool", "check"]
