"""What lives as long as the process is not looked through for garbage."""

import gc


def keep() -> None:
    """Leaves what is in memory now out of every later collection.

    Looking through imported modules again and again stopped all calls for tens of milliseconds; through the products of
    search, 41,660 of them, for a sixth of a second.
    """
    gc.collect()
    gc.freeze()
