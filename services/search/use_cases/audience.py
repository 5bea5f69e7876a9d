"""Which products a shopper may be shown, whatever is asked for: those sold where they are, and meant for their age."""

from dataclasses import dataclass

import numpy as np

from services.search.use_cases.catalogue import REGIONS, Catalogue, Column

ELSEWHERE = "elsewhere"
"""Stands for every region that no product names: no code of one is as long."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom products are shown to."""

    region: str = ""
    """Empty for unknown: then no product is ruled out by where it is sold."""
    age: int = 0
    """0 for unknown: then every product with an age limit is ruled out."""


NOBODY_KNOWN = Audience()


def alike(catalogue: Catalogue, audience: Audience) -> Audience:
    """Who stands for all that are shown the same: what is kept for one of them is kept for all.

    Of age limits that products have or had only the highest one up to the age matters, and of regions those that some
    are or were sold in.
    """
    age = max((limit for limit in catalogue.known_limits if limit <= audience.age), default=0)
    if audience.region in catalogue.known_regions:
        return Audience(audience.region, age)
    return Audience(ELSEWHERE if audience.region and catalogue.known_regions else "", age)


def admitted(catalogue: Catalogue, audience: Audience) -> Column:
    """Rows of products that may be shown; [rows] of bool."""
    size = catalogue.size
    kept: Column = catalogue.alive[:size] & (catalogue.age_limits[:size] <= audience.age)
    if audience.region and (found := catalogue.codes(REGIONS)) is not None:
        codes, values = found
        # One answer a distinct value, the last one for what is sold everywhere: -1 counts from the end.
        answers = [audience.region in regions.split() for regions in values.all]
        kept &= np.array([*answers, True])[codes]
    return kept
