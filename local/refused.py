"""What the operating system refused, as a sentence for the person at the keyboard."""

import errno
import shutil
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT)
ANOTHER = "another folder: make up AISLE_DATA=/path/to/folder"


def sentence(error: OSError, data: Path) -> str:
    """Says what was wrong, where, and what to do.

    Args:
        error: what was raised; a write that failed does not name its file.
        data: the folder of the shop, which is meant then.
    """
    place = Path(str(error.filename)) if error.filename else data
    why = error.strerror or str(error) or type(error).__name__
    if error.errno in FULL:
        return (
            f"{place} cannot be written: {why}. Its disk has {free_bytes(place) / 2**30:.1f} GB free. Free some space, "
            f"or choose {ANOTHER}"
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{place} cannot be used: {why}. Make it readable and writable for you, or choose {ANOTHER}"
    if error.filename:
        return f"{place} cannot be used: {why}. Look at it, and run the same command again."
    return f"The machine refused what the shop in {data} needs: {why}. Run the same command again; its logs: make logs"


def free_bytes(place: Path) -> int:
    """What is free on the disk of a file or folder, be it there or not."""
    there = next((folder for folder in (place, *place.parents) if folder.exists()), Path("/"))
    return shutil.disk_usage(there).free
