"""Where data comes from: a folder, a file, a zip or tar archive, or the URL of one."""

from services.importer.sources.base import Source

__all__ = ["Source"]
