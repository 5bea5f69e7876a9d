"""Collections that Milvus was asked for and does not have, so that not every prune asks for all that ever were.

pymilvus takes 2.8 s of processor time to import. What is remembered is trusted for a while only: a Milvus that was
restored, or another one at the same address, may have them again.
"""

import json
import time
from collections.abc import Collection

from trainers.release.places import Places

FILE = ".cleared.json"
"""In the folder of all releases."""
TRUSTED_S = 7 * 86_400.0
"""What comes back takes up disk for a week at most, and answers nobody."""


def known(places: Places) -> frozenset[str]:
    """Collections that this Milvus did not have when it was asked, if that was lately."""
    try:
        found = json.loads((places.releases / FILE).read_text())
        lately = 0 <= time.time() - found["time"] < TRUSTED_S
        return frozenset(found["collections"]) if lately and found["milvus"] == places.milvus else frozenset()
    except (OSError, ValueError, LookupError, TypeError):  # there is none, or it is damaged
        return frozenset()


def remember(places: Places, collections: Collection[str]) -> None:
    """Milvus was asked, and has none of the collections now; those of before are forgotten."""
    file = places.releases / FILE
    draft = file.with_suffix(".new")
    draft.write_text(
        json.dumps({"milvus": places.milvus, "time": time.time(), "collections": sorted(collections)}) + "\n"
    )
    draft.replace(file)


def forget(places: Places) -> None:
    """Something is about to be written to Milvus: where recs was made anew, numbers come again."""
    (places.releases / FILE).unlink(missing_ok=True)
